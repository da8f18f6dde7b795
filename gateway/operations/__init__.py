"""What people do to a record."""
