"""Actions of people on a record: which are possible, why others are refused, what each does."""
