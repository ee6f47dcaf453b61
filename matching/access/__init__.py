"""Who may do what: the permission table, passwords, login delays. Pure: no database here."""
