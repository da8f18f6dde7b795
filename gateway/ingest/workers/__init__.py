"""Worker processes that parse large bodies away from the event loop."""
