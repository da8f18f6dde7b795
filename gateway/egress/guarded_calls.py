"""Sessions that call only guarded addresses, and the results of calls that got no answer."""

import aiohttp
from aiohttp import (
    ClientConnectorDNSError,
    ClientError,
    ClientSession,
    ClientTimeout,
    TCPConnector,
    TraceConfig,
)

from gateway.egress.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.egress.http_results import FEW_ATTEMPTS, TIMEOUT_S
from gateway.notify.message import Retry, Undeliverable

CALL_FAULTS = (ClientError, OSError)
"""The errors of a call without an answer."""


def make_guard(*, allow_private: bool) -> AddressGuard:
    """Return the guard of a channel; with `allow_private` it allows any port as well."""
    return AddressGuard(private=True, ports=None) if allow_private else AddressGuard()


def open_session(
    guard: AddressGuard,
    *,
    limit: int = 16,
    limit_per_host: int = 0,
    timeout_s: float = TIMEOUT_S,
    auto_decompress: bool = True,
    traces: list[TraceConfig] | None = None,
) -> ClientSession:
    """Return a session without proxies and cookies; must be called inside the running loop.

    Where bodies are not read, none is decompressed either.
    """
    return ClientSession(
        trace_configs=traces,
        connector=TCPConnector(
            resolver=PinnedResolver(guard),
            use_dns_cache=False,
            limit=limit,
            limit_per_host=limit_per_host,
        ),
        timeout=ClientTimeout(total=timeout_s, connect=4.0),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=auto_decompress,
        headers={"user-agent": "incident-gateway"},
    )


def interpret_fault(error: Exception) -> Retry | Undeliverable:
    """Return the result of a call that ended in one of CALL_FAULTS."""
    if isinstance(error, AddressRefused):
        return Undeliverable(f"refused: {error}")
    if isinstance(error, ClientConnectorDNSError):
        if isinstance(error.os_error, AddressRefused):
            return Retry(f"refused: {error.os_error}", at_most=FEW_ATTEMPTS)
        return Retry(f"name look-up failed: {error.os_error}", down=True)
    return Retry(f"{type(error).__name__}: {error}", down=True)
