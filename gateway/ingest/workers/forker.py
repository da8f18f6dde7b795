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
from gateway.ingest.workers.protocol import LENGTH_BYTES, ORDER, framed

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


@dataclass(frozen=True, slots=True)
class Parent:
    """The process that forks the others, and the socket over which it is ordered to."""

    process: subprocess.Popen[bytes]
    orders: socket.socket

    @classmethod
    def started(cls) -> "Parent":
        """Return a new one; raises OSError where none can be had."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-m", "gateway.ingest.workers.worker", str(theirs.fileno())],
                    stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, pass_fds=[theirs.fileno()], cwd=ROOT,
                )  # fmt: skip
            except OSError:
                ours.close()
                raise
        return cls(process, ours)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def order(self, number: int, handed: list[int]) -> None:
        """Have it fork a process with that number for the connection that is handed, or kill it where none is."""
        socket.send_fds(self.orders, [ORDER.pack(number)], handed)

    def end(self) -> None:
        """Kill it, also while it is stopped, and with it those that it forked."""
        self.orders.close()
        self.process.kill()
        self.process.wait()


class Forker:
    """Forks processes that read: their parent is started when the first is asked for, and anew where it is no more."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._parent: Parent | None = None

    async def fork(self) -> Forked:
        """Return a new process; raises OSError where none can be had."""
        number, (ours, theirs) = next(self._numbers), socket.socketpair()
        with theirs:
            try:
                self._alive().order(number, [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return Forked(number, *await asyncio.open_unix_connection(sock=ours))

    def kill(self, process: Forked) -> None:
        """End a process, whatever it does, unless it has ended."""
        process.sink.close()
        if self._parent is not None and self._parent.alive:
            self._parent.order(process.number, [])

    def _alive(self) -> Parent:
        if self._parent is None or not self._parent.alive:
            self.close()
            self._parent = Parent.started()
        return self._parent

    def close(self) -> None:
        """End the parent; the next process that is asked for has another."""
        if self._parent is not None:
            self._parent.end()
            self._parent = None
