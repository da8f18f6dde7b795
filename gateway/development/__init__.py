"""`gw dev`: the gateway with servers and keys of its own on one machine."""
