"""Placements: from a proposal to a job. Pure rules: no database, no clock."""
