"""The start of worker processes: a parent with everything imported forks them in milliseconds."""

import asyncio
import itertools
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import gateway
from gateway.ingest.workers.protocol import LENGTH_BYTES, ORDER, frame_message

ROOT = Path(gateway.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class ForkedWorker:
    """A worker process: its number, and the connection to it."""

    number: int
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter

    async def exchange(self, frame: bytes) -> bytes:
        """Send a message and return the response.

        Raises IncompleteReadError and ConnectionError when the process has ended.
        """
        self.sink.write(frame_message(frame))
        await self.sink.drain()
        return await self.source.readexactly(
            int.from_bytes(await self.source.readexactly(LENGTH_BYTES), "big")
        )


@dataclass(frozen=True, slots=True)
class WorkerParent:
    """The process that forks the workers, and the socket for orders to it."""

    process: subprocess.Popen[bytes]
    orders: socket.socket

    @classmethod
    def started(cls) -> "WorkerParent":
        """Start a parent process; raises OSError if that fails."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-m", "gateway.ingest.workers.worker", str(theirs.fileno())],
                    stdin=DEVNULL,
                    stdout=DEVNULL,
                    stderr=DEVNULL,
                    pass_fds=[theirs.fileno()],
                    cwd=ROOT,
                )
            except OSError:
                ours.close()
                raise
        return cls(process, ours)

    @property
    def alive(self) -> bool:
        """True while the process has not ended."""
        return self.process.poll() is None

    def order(self, number: int, handed: list[int]) -> None:
        """Order it to fork a worker with that number for the connection in `handed`.

        Without a connection, order it to kill that worker.
        """
        socket.send_fds(self.orders, [ORDER.pack(number)], handed)

    def end(self) -> None:
        """Kill it, even while it is stopped, and with it the workers that it forked."""
        self.orders.close()
        self.process.kill()
        self.process.wait()


class WorkerForker:
    """A starter of worker processes.

    Their parent is started for the first worker, and again if it has ended.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._parent: WorkerParent | None = None

    async def fork(self) -> ForkedWorker:
        """Return a new worker process; raises OSError if that fails."""
        number, (ours, theirs) = next(self._numbers), socket.socketpair()
        with theirs:
            try:
                self._alive().order(number, [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return ForkedWorker(number, *await asyncio.open_unix_connection(sock=ours))

    def kill(self, process: ForkedWorker) -> None:
        """Kill a worker process, whatever it is doing, unless it has ended."""
        process.sink.close()
        if self._parent is not None and self._parent.alive:
            self._parent.order(process.number, [])

    def _alive(self) -> WorkerParent:
        if self._parent is None or not self._parent.alive:
            self.close()
            self._parent = WorkerParent.started()
        return self._parent

    def close(self) -> None:
        """Kill the parent process; the next worker gets a new one."""
        if self._parent is not None:
            self._parent.end()
            self._parent = None
