"""Offers: wording, pay, states. Pure rules: no database, no clock."""
