"""Rules of insertion hours: sizing, what is due, who counts, what counts, ledger, progress, penalty.

Pure functions over small frozen dataclasses: no database, no page, no clock, no randomness. Time is in integer
minutes, money in integer cents, decimals only while sizing.
"""
