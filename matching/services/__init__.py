"""Use cases: one verb and noun each. Load, check, apply the rule, write, record, commit once."""
