"""Parsing of one e-mail: headers, text, replies, authentication results. Pure."""
