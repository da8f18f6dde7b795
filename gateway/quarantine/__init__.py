"""The quarantine: bodies that could not be understood, explained, mapped, replayed or dropped."""
