"""HTML pages for people without a key: their languages, texts and templates."""
