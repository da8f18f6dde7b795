"""Replies to text messages about records, and the codes by which they name one. Pure.

Each message about a record carries a code of three characters, made of its own id, so that a
reply names the message, and thereby the record as it was then. Only what is certainly a reply
is taken for one: everything else is a report.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

LETTERS, DIGITS = "ABCDEFGHJKLMNPQRTUVWXY", "23456789"
"""The characters of codes: those that are not mistaken for each other."""

CODE = re.compile(
    rf"(?<![A-Za-z0-9])([{LETTERS}][{DIGITS}][{LETTERS}])(?![A-Za-z0-9])", re.IGNORECASE
)
NUMBER = re.compile(r"(?<![A-Za-z0-9])(INC-[0-9]{8}-[0-9]{1,12})(?![0-9])", re.IGNORECASE)

ACCEPT = frozenset(
    {"1", "ack", "accept", "take", "taken", "ok", "yes", "接手", "收到", "受理", "确认", "好的"}
)
DECLINE = frozenset({"2", "no", "decline", "cannot", "接不了", "不能接", "拒绝"})
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "td", "退订", "拒收"})
"""The words that refuse further messages, those that carriers know among them."""

START = frozenset({"start", "unstop", "恢复", "订阅"})
HELP = frozenset({"help", "info", "?", "帮助"})

SHORT = 20
"""The most characters of an unknown reply; what is longer is a report."""


class ReplyKind(StrEnum):
    """The kinds of replies."""

    ACCEPT = "accept"
    DECLINE = "decline"
    STOP = "stop"
    START = "start"
    HELP = "help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SmsReply:
    """A reply: the message or record that it names, if any, and what else was written."""

    kind: ReplyKind
    code: str = ""
    number: str = ""
    note: str = ""


def reply_code(message_id: UUID) -> str:
    """Return the code of a message."""
    draw = int.from_bytes(sha256(message_id.bytes).digest()[:8], "big")
    draw, first = divmod(draw, len(LETTERS))
    draw, second = divmod(draw, len(DIGITS))
    return LETTERS[first] + DIGITS[second] + LETTERS[draw % len(LETTERS)]


def read_reply(text: str) -> SmsReply | None:
    """Return the reply that a text is, None for a report."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    code, number = CODE.search(plain), NUMBER.search(plain)
    rest = NUMBER.sub(" ", CODE.sub(" ", plain)) if code or number else plain
    verb, note = _verb(" ".join(rest.split()))
    named = (code[1].upper() if code else "", number[1].upper() if number else "")
    kind = _kind(verb, named=any(named))
    if kind in (ReplyKind.ACCEPT, ReplyKind.DECLINE) and (any(named) or not note):
        return SmsReply(kind, *named, note)
    if kind in (ReplyKind.STOP, ReplyKind.START, ReplyKind.HELP) and not (any(named) or note):
        return SmsReply(kind)
    return SmsReply(ReplyKind.UNKNOWN) if len(plain) <= SHORT else None


def _verb(text: str) -> tuple[str, str]:
    """Return the first word in small letters, and what follows it."""
    first, _, rest = text.partition(" ")
    word, mark, more = first.partition(":") if ":" in first else first.partition(",")
    return word.lower().strip(".!。"), f"{more} {rest}".strip() if mark else rest.strip()


def _kind(verb: str, *, named: bool) -> ReplyKind | None:
    """Return the kind of a word; a code or number alone takes the record on."""
    if not verb and named:
        return ReplyKind.ACCEPT
    known = {
        ReplyKind.ACCEPT: ACCEPT,
        ReplyKind.DECLINE: DECLINE,
        ReplyKind.STOP: STOP,
        ReplyKind.START: START,
        ReplyKind.HELP: HELP,
    }
    return next((kind for kind, words in known.items() if verb in words), None)
