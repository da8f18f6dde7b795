"""The way in: source contract, HTTP front door, quarantine and replay."""
