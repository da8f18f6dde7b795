"""API routes of incidents and service requests."""
