"""Opsgenie's Alert and Heartbeat APIs, so that its senders change their address and nothing else."""
