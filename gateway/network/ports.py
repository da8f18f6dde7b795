"""TCP ports to listen on, with errors that name the port and the remedy."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import Misconfigured

ADVICE = {
    errno.EADDRINUSE: "is in use: stop what listens there, or choose another port",
    errno.EACCES: "may not be used by this user: choose a port above 1023",
    errno.EPERM: "may not be used by this user: choose a port above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine: correct the host",
    errno.EAFNOSUPPORT: "is no address of this machine: correct the host",
}


def require_free(host: str, port: int) -> None:
    """Raise Misconfigured unless the port can be listened on; 0 stands for any free one."""
    with translate_port_errors(host, port):
        kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
        for found in socket.getaddrinfo(host or None, port, type=kind, flags=flags):
            family, _, protocol, _, address = found
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)


@contextmanager
def reserve_port(host: str, port: int) -> Iterator[int]:
    """Yield the port, or a free one reserved until the end if `port` is 0.

    A reserved port stays the same over restarts of the child process.
    """
    if port:
        yield port
        return
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM
    )[0]
    with socket.socket(family, kind, protocol) as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(address)
        yield int(keeper.getsockname()[1])


@contextmanager
def translate_port_errors(host: str, port: int) -> Iterator[None]:
    """Turn an OSError about a port into Misconfigured, which names the port."""
    try:
        yield
    except socket.gaierror:
        raise Misconfigured(f"{host} is no address of this machine: correct the host") from None
    except OSError as error:
        advice = ADVICE.get(error.errno or 0)
        if advice is None:
            raise
        raise Misconfigured(f"port {port} on {host or 'all addresses'} {advice}") from error
