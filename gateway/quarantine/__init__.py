"""What could not be understood: shown beside what was expected, mended by mappings, read again or dropped."""
