"""The texts of messages: in both languages, and by the templates of administrators."""
