"""The public report form."""
