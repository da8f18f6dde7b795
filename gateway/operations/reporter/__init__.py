"""The effects of reporters' answers, and the acknowledgement of their reports."""
