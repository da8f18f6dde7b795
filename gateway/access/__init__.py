"""Authentication and authorization: keys, passwords, single sign-on, links, roles and permissions."""
