"""The Opsgenie Alert and Heartbeat APIs."""
