"""Pages for people without a key: their languages, their words, their templates."""
