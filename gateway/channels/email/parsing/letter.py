"""A parsed mail: the values that pass from the parser to the handlers. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from gateway.channels.email.parsing.authentication import AuthenticationResults
from gateway.receipts.mended import RepairedValue


class WriterKind(StrEnum):
    """The kind of writer that the headers of a mail indicate (RFC 3834, RFC 3464, customs)."""

    PERSON = "person"
    MACHINE = "machine"
    LIST = "list"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file that came with the mail.

    `content` is None if it is larger than the limit or beyond the number of files kept. `size`
    is in bytes.
    """

    name: str
    size: int
    content: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """One parsed mail.

    Addresses are in lower case and "" if missing; ids of messages are without their brackets.

    `people` are the recipients in its header, `recipients` those of its SMTP envelope. `thread`
    are the ids it answers, the nearest first; `passed` the addresses it passed through (X-Loop);
    `text` is all of its text, quotations included. `null_sender` says that it was sent with the
    null reverse path `<>`, as bounces are. `by_list` says that From is the address of a mailing
    list which sends in its own name; `author` is then the writer to the list, if the list names
    them. `unread` says that it has words which could not be read: then the whole mail is
    enclosed. `mended` lists values that were repaired or left out. `authors` are all addresses
    of all its From fields, `stamps` the authentication results of servers.
    """

    sender: str
    sender_name: str = ""
    authors: tuple[str, ...] = ()
    stamps: tuple[AuthenticationResults, ...] = ()
    reply_to: tuple[str, ...] = ()
    reply_to_name: str = ""
    author: str = ""
    by_list: bool = False
    null_sender: bool = False
    unread: bool = False
    people: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    thread: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    nature: WriterKind = WriterKind.PERSON
    passed: tuple[str, ...] = ()
    sent_at: datetime | None = None
    enclosed: tuple[MailFile, ...] = ()
    mended: tuple[RepairedValue, ...] = ()

    @property
    def copy_hash(self) -> bytes:
        """32 bytes that two copies of one mail share, whatever channel each came by.

        A Message-ID alone does not count: some programs put the same one on everything they
        send.
        """
        when = self.sent_at.isoformat() if self.sent_at else " ".join(self.text.split())
        return sha256(f"{self.sender}\x1f{self.subject}\x1f{when}".encode()).digest()

    @property
    def known_by(self) -> str:
        """The name by which a mail is the same as one received before.

        It is the Message-ID, else a hash of its text and its time.
        """
        if self.message_id:
            return self.message_id
        return sha256(self.copy_hash + " ".join(self.text.split()).encode()).hexdigest()


def id_hash(message_id: str) -> bytes:
    """Return the hash that a Message-ID is stored as."""
    return sha256(message_id.encode("utf-8", "replace")).digest()
