"""The environment of the test run: nothing of the shell that starts it changes what tests see."""

from collections.abc import MutableMapping

OF_TESTS = ("GATEWAY_E2E_", "GATEWAY_FAULTS", "GATEWAY_POSTGRES_BIN", "GATEWAY_VALKEY_BIN")
"""Variables that say how to run tests."""

OF_SERVERS = ("DATABASE_URL", "REDIS_URL")


def forget_environment(environ: MutableMapping[str, str]) -> None:
    """Drop variables of libpq, of a gateway and of its servers."""
    for name in list(environ):
        ours = name.startswith("GATEWAY_") and not name.startswith(OF_TESTS)
        if ours or name in OF_SERVERS or name.startswith("PG"):
            del environ[name]
