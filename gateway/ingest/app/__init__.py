"""Reports that apps send for the people who use them."""
