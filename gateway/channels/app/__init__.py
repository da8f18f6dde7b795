"""Reports that an app sends for its users."""
