"""HTTP server parts shared by all routes: authentication, bodies, deadlines, errors as problem+json."""
