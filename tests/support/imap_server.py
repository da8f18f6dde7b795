"""A mailbox on another server: pymap in its own process, behind a TLS proxy that can be cut."""

import asyncio
import ssl
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.support.process import CLOCK, free_port

USER, PASSWORD = "desk", "correct horse"
START = ("-W", "ignore", "-c", "from pymap.main import main; main()")


@dataclass
class ImapServer:
    """A running IMAP server, with STARTTLS at `port` and a recording TLS proxy at `tls_port`.

    A client that sends the word `cut_at` at `tls_port` loses its connection; `said` lists every
    command sent there, and `hides` is removed from the answers.
    """

    port: int
    certificate: Path
    tls_port: int = 0
    cut_at: bytes = b""
    hides: tuple[bytes, ...] = ()
    said: list[bytes] = field(default_factory=list)
    writers: set[StreamWriter] = field(default_factory=set)
    owner: Any = None

    def cut(self) -> None:
        """Cut every connection."""
        for writer in list(self.writers):
            writer.transport.abort()

    async def do(self, command: str, *given: Any) -> Any:
        """Call a method of IMAPClient as the mailbox's owner."""
        return await asyncio.to_thread(self._do, command, given)

    def _do(self, command: str, given: tuple[Any, ...]) -> Any:
        if self.owner is None:
            self.owner = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
            self.owner.login(USER, PASSWORD)
        if command == "search":
            self.owner.select_folder(given[0], readonly=True)
            given = given[1:]
        return getattr(self.owner, command)(*given)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Forward one connection to the server."""
        try:
            behind, there = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        ours = {writer, there}
        self.writers |= ours
        with suppress(OSError):
            await asyncio.gather(self._commands(reader, there), self._answers(behind, writer))
        for end in ours:
            end.transport.abort()
        self.writers -= ours

    async def _commands(self, reader: StreamReader, there: StreamWriter) -> None:
        while line := await reader.readline():
            self.said.append(line.strip())
            if self.cut_at and self.cut_at in line:
                raise ConnectionResetError
            there.write(line)
        raise ConnectionResetError

    async def _answers(self, behind: StreamReader, writer: StreamWriter) -> None:
        while piece := await behind.read(65_536):
            for word in self.hides:
                piece = piece.replace(word, b"")
            writer.write(piece)
        raise ConnectionResetError


@asynccontextmanager
async def run_imap_server(certificate: Path) -> AsyncIterator[ImapServer]:
    """Run a server with this file of certificate and key."""
    port = free_port()
    given = (
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--cert",
        str(certificate),
        "--key",
        str(certificate),
    )
    user = ("dict", "--demo-user", USER, "--demo-password", PASSWORD)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *START, *given, *user, stderr=asyncio.subprocess.DEVNULL
    )
    server = ImapServer(port, certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    front = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.tls_port = front.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(20):
            await _answering(port)
        yield server
    finally:
        front.close()
        server.cut()
        if server.owner is not None:
            server.owner.shutdown()
        process.kill()
        await process.wait()


async def _answering(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await CLOCK.sleep(0.05)
        else:
            writer.close()
            return
