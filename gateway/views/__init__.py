"""Read models of records, shared by the APIs."""
