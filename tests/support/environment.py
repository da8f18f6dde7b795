"""Removal of environment variables that would change what tests see."""

from collections.abc import MutableMapping

OF_TESTS = ("GATEWAY_E2E_", "GATEWAY_FAULTS", "GATEWAY_POSTGRES_BIN", "GATEWAY_VALKEY_BIN")
"""Prefixes of variables that choose how tests run."""

OF_SERVERS = ("DATABASE_URL", "REDIS_URL")


def remove_gateway_variables(environ: MutableMapping[str, str]) -> None:
    """Remove the variables of libpq, of a gateway and of its servers."""
    for name in list(environ):
        ours = name.startswith("GATEWAY_") and not name.startswith(OF_TESTS)
        if ours or name in OF_SERVERS or name.startswith("PG"):
            del environ[name]
