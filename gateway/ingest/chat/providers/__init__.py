"""One file per chat provider."""
