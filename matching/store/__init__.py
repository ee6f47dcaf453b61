"""Tables, transactions and the audit trail. Services are the only callers."""
