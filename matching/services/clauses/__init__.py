"""Use cases of insertion clauses: one module a subject."""
