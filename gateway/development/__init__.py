"""The `gw dev` command: the gateway with its own servers and keys on one machine."""
