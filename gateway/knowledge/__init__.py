"""The knowledge base: articles, and earlier incidents that resemble a new record."""
