"""A port that cannot be listened on is reported before anything is started."""

import errno
import socket

import pytest

from gateway.errors import Misconfigured
from gateway.network.ports import require_free, translate_port_errors


def test_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"^port {port} on 127.0.0.1 is in use: stop what"):
            require_free("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_free_port_is_accepted(host: str) -> None:
    require_free(host, 0)


def test_recently_released_port_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()
            client.recv(1)
    require_free("127.0.0.1", port)


def test_privileged_port_is_reported() -> None:
    with (
        pytest.raises(Misconfigured, match=r"^port 80 on all addresses may not be used by this"),
        translate_port_errors("", 80),
    ):
        raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_foreign_host_is_reported(host: str) -> None:
    with pytest.raises(Misconfigured, match=r"is no address of this machine: correct the host"):
        require_free(host, 0)


def test_other_port_errors_are_unchanged() -> None:
    with pytest.raises(OSError, match="Bad file"), translate_port_errors("", 1):
        raise OSError(errno.EBADF, "Bad file descriptor")
