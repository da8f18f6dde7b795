"""The incident record: its values, transition table, tamper-evident timeline and store."""
