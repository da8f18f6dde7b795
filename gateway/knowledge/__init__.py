"""What was learnt from incidents: articles, and what of before was like a new record."""
