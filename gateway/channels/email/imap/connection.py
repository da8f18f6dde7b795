"""A connection to an IMAP server (RFC 3501, 2177, 6851).

Every call blocks until the server responds, and needs a thread of its own.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import IMAPClientError  # type: ignore[import-untyped]

from gateway.ingest.mime.headers import MAX_HEAD
from gateway.settings import Imap

TIMEOUT = SocketTimeout(connect=10, read=20)
"""Seconds that a server has to accept the connection, and to respond."""

SEEN, DELETED = rb"\Seen", rb"\Deleted"


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail of `size` bytes: all of it if `whole`, else its header."""

    content: bytes
    size: int
    whole: bool


@dataclass(slots=True)
class ImapConnection:
    """A connection to one mailbox; its methods raise what sockets raise, and IMAPClientError."""

    settings: Imap
    most: int
    _client: IMAPClient | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def open(self) -> int:
        """Log in, select the folder, and return its UIDVALIDITY.

        A UID means nothing without it.
        """
        own = self.settings
        client = self._connected()
        client.login(own.user, own.password or Path(own.password_file).read_text("utf-8").strip())
        if own.after == "move" and not client.folder_exists(own.move_to):
            client.create_folder(own.move_to)
        chosen = client.select_folder(own.folder)
        if b"READ-ONLY" in chosen:
            raise IMAPClientError(
                f"the folder {own.folder} can only be read: nothing could be marked as read"
            )
        return int(chosen[b"UIDVALIDITY"])

    def _connected(self) -> IMAPClient:
        own = self.settings
        trusted = ssl.create_default_context(cafile=own.authorities or None)
        client = IMAPClient(
            own.host, own.port, ssl=own.tls == "implicit", ssl_context=trusted, timeout=TIMEOUT
        )
        self._client = client
        if own.tls == "starttls":
            client.starttls(trusted)
        return client

    def waiting(self) -> list[int]:
        """Return the UIDs of the mails to be taken in, oldest first."""
        wanted = "UNDELETED" if self.settings.after == "move" else "UNSEEN UNDELETED"
        return sorted(self._open.search(wanted))

    def size(self, uid: int) -> int | None:
        """Return the number of bytes of a mail, None if it is gone."""
        size = self._open.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
        return None if size is None else int(size)

    def fetch(self, uid: int, size: int) -> FetchedMail | None:
        """Return a mail without marking it; None if it is gone.

        Of one that is too large only the header is fetched.
        """
        whole = size <= self.most
        part, most = ("", self.most) if whole else ("HEADER", MAX_HEAD)
        found = self._open.fetch([uid], [f"BODY.PEEK[{part}]<0.{most + 1}>"]).get(uid)
        if found is None:
            return None
        content = found.get(f"BODY[{part}]<0>".encode())
        if content is None:
            raise IMAPClientError(f"the server does not give what mail {uid} says")
        return FetchedMail(content[:most], max(size, len(content)), whole and len(content) <= most)

    def mark(self, uids: Sequence[int]) -> None:
        """Mark committed mails as read, or move them."""
        client = self._open
        client.add_flags(uids, [SEEN], silent=True)
        if self.settings.after == "move":
            self._move(client, uids)

    def _move(self, client: IMAPClient, uids: Sequence[int]) -> None:
        if client.has_capability("MOVE"):
            client.move(uids, self.settings.move_to)
            return
        client.copy(uids, self.settings.move_to)
        client.add_flags(uids, [DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)

    def wait(self, seconds: float) -> None:
        """Wait for news of the server, if it supports IDLE, for at most so many seconds."""
        client = self._open
        if client.has_capability("IDLE"):
            client.idle()
            client.idle_check(timeout=seconds)
            client.idle_done()
        else:
            self._ended.wait(seconds)
            client.noop()

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        client, self._client = self._client, None
        if client is not None:
            _cut(client)
            with contextlib.suppress(OSError, ValueError):  # the server closed it
                client.shutdown()

    def abort(self) -> None:
        """Interrupt, from another thread, the call that waits for the server."""
        self._ended.set()
        if (client := self._client) is not None:
            _cut(client)

    @property
    def _open(self) -> IMAPClient:
        if self._client is None:
            raise IMAPClientError("the line is closed")
        return self._client


def _cut(client: IMAPClient) -> None:
    """Shut down the socket beneath the encryption, which another thread may be reading from."""
    with contextlib.suppress(OSError):  # the server closed it
        socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)
