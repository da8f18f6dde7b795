"""What starts processes that read: one that has imported all they need forks each of them in some milliseconds."""

import asyncio
import itertools
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import gateway
from gateway.ingest.reading.asked import LENGTH_BYTES, ORDER, framed

ROOT = Path(gateway.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that reads, by its number, and the connection to it."""

    number: int
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter

    async def exchange(self, frame: bytes) -> bytes:
        """Return what it answers; raises IncompleteReadError and ConnectionError when it is no more."""
        self.sink.write(framed(frame))
        await self.sink.drain()
        return await self.source.readexactly(int.from_bytes(await self.source.readexactly(LENGTH_BYTES), "big"))


class Forker:
    """The process that forks the others, started when the first is asked for, and anew where it is no more."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    async def fork(self) -> Forked:
        """Return a new process; raises OSError where none can be had."""
        number, (ours, theirs) = next(self._numbers), socket.socketpair()
        with theirs:
            try:
                self._order(number, [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return Forked(number, *await asyncio.open_unix_connection(sock=ours))

    def kill(self, process: Forked) -> None:
        """End a process, whatever it does, unless it has ended."""
        process.sink.close()
        if self._orders is not None and self._is_there():
            self._order(process.number, [])

    def _order(self, number: int, handed: list[int]) -> None:
        if self._orders is None or not self._is_there():
            self._start()
        assert self._orders is not None  # noqa: S101 - it was just started
        socket.send_fds(self._orders, [ORDER.pack(number)], handed)

    def _is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        self.close()
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway.ingest.reading.worker", str(theirs.fileno())],
                stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, pass_fds=[theirs.fileno()], cwd=ROOT,
            )  # fmt: skip

    def close(self) -> None:
        """End it: of those that it forked, each ends with its connection."""
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
