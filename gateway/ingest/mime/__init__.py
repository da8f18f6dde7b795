"""MIME: charsets, headers and parts of messages."""
