"""Authentication and authorization: keys, passwords, log-in, signed links, roles, permissions."""
