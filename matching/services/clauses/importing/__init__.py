"""The way in from spreadsheets."""
