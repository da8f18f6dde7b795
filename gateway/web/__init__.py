"""The HTTP server parts that all routes share: authentication, bodies, deadlines, problems."""
