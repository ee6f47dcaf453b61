"""Figures against what others would use, and of quality on invented worlds: `matching bench`."""
