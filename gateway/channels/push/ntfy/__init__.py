"""ntfy: messages to the subscribers of a topic."""
