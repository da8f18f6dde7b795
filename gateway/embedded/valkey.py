"""The bundled Valkey: one server on a Unix socket only."""

import asyncio
from pathlib import Path

from gateway.embedded.account import Account, create_private_directory
from gateway.embedded.binaries import reachable_valkey, valkey_program
from gateway.embedded.child import EmbeddedProcess


def redis_url(run: Path) -> str:
    """Return the URL of the server with its socket in `run`."""
    return f"unix://{_socket(run)}"


def start_valkey(
    state: Path, run: Path, account: Account | None, log: Path, lock: int, *, fast: bool
) -> EmbeddedProcess:
    """Start it on `state`/redis, with an append-only file unless `fast`; raises Misconfigured."""
    program = reachable_valkey(valkey_program(), account, state)
    data = state / "redis"
    create_private_directory(data, account)
    argv: list[str | Path] = [
        program,
        "--port",
        "0",
        "--unixsocket",
        _socket(run),
        "--unixsocketperm",
        "700",
        "--dir",
        data,
        "--appendonly",
        "no" if fast else "yes",
        "--appendfsync",
        "everysec",
        "--save",
        "",
        "--daemonize",
        "no",
    ]
    return EmbeddedProcess("Valkey", argv, account, log, lock)


async def valkey_answers(run: Path) -> bool:
    """Return whether it serves already; False while it starts or loads."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_unix_connection(_socket(run))
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return answer == b"+PONG\r\n"


def _socket(run: Path) -> Path:
    return run / "redis.sock"
