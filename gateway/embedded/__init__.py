"""The bundled PostgreSQL and Valkey, for development and tests."""
