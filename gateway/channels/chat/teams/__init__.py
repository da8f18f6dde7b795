"""Microsoft Teams: messages sent to workflows."""
