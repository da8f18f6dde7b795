"""One file per way out."""
