"""HTTP calls to other servers, kept away from private addresses."""
