"""The commands that staff give in the first line of a reply by mail, in both languages. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from gateway.incidents import commands
from gateway.ingest.reading.limits import DESCRIPTION, cut


class ReplyWord(StrEnum):
    """The commands of replies, and the request for help."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RELEASE = "release"
    NOTE = "note"
    RESOLVE = "resolve"
    HELP = "help"


WORDS: Mapping[str, ReplyWord] = {
    **dict.fromkeys(
        ("ack", "acknowledge", "accept", "take", "接手", "受理", "响应"), ReplyWord.ACCEPT
    ),
    **dict.fromkeys(("decline", "i cannot", "接不了", "谢绝"), ReplyWord.DECLINE),
    **dict.fromkeys(("release", "give back", "交回"), ReplyWord.RELEASE),
    **dict.fromkeys(("note", "备注"), ReplyWord.NOTE),
    **dict.fromkeys(("resolve", "resolved", "解决", "已解决"), ReplyWord.RESOLVE),
    **dict.fromkeys(("help", "帮助"), ReplyWord.HELP),
}
"""The words of replies, in lower case."""

NEEDS_TEXT = frozenset({ReplyWord.NOTE, ReplyWord.RESOLVE})
"""The words that are commands only with a colon and a text behind them."""

FIRST_LINE = re.compile(
    r"([A-Za-z][A-Za-z ]{2,11}|[一-鿿]{2,3})\s*(?:[:：]\s*(.*)|[.!。！]?)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ReplyCommand:
    """A command of a reply, and the text that was given with it."""

    word: ReplyWord
    text: str = ""

    def command(self) -> commands.Command | None:
        """Return the command on the record, None for a request for help."""
        text = cut(self.text, DESCRIPTION)
        match self.word:
            case ReplyWord.ACCEPT:
                return commands.Acknowledge(note=text)
            case ReplyWord.DECLINE:
                return commands.Decline(reason=text)
            case ReplyWord.RELEASE:
                return commands.Release(reason=text)
            case ReplyWord.NOTE:
                return commands.Note(note=text)
            case ReplyWord.RESOLVE:
                return commands.Resolve(solution=text)
            case ReplyWord.HELP:
                return None
            case _:
                assert_never(self.word)


def read_reply_command(new: str) -> ReplyCommand | None:
    """Return the command in the new text of a reply, None if its first line is none.

    The line is a word alone, or a word, a colon and a text that may go on below.
    """
    first, _, rest = new.strip().partition("\n")
    found = FIRST_LINE.fullmatch(first.strip())
    word = None if found is None else WORDS.get(" ".join(found[1].lower().split()))
    if found is None or word is None:
        return None
    text = "\n".join(part for part in ((found[2] or "").strip(), rest.strip()) if part)
    if word in NEEDS_TEXT and (found[2] is None or not text):
        return None
    return ReplyCommand(word, text)
