"""One file per source: bytes to alerts, pure."""
