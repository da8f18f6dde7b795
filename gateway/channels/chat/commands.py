"""The commands of chat messages, parsed in English and Chinese. Pure."""

import re
from dataclasses import dataclass

from gateway.notify.card import ButtonAction

NUMBER = r"(INC-[0-9]{8}-[0-9]{6,12})"
FIRST, SPACE = (
    re.compile(r"([a-z]+|接不了|[\u4e00-\u9fff]{2})[\s:：,，]*", re.IGNORECASE),
    re.compile(r"\s+"),
)

ACTIONS: dict[str, ButtonAction] = {
    **dict.fromkeys(("ack", "acknowledge", "受理", "接单", "确认"), "acknowledge"),
    **dict.fromkeys(("decline", "接不了", "谢绝"), "decline"),
    **dict.fromkeys(("resolve", "resolved", "解决"), "resolve"),
    "accept": "accept",
}
REPORT = frozenset({"report", "报告", "报障", "上报"})
STATUS = frozenset({"status", "状态", "查询"})
NOTE = frozenset({"note", "备注"})
HELP = frozenset({"help", "帮助"})
LINK = frozenset({"link", "绑定"})
GREETINGS = frozenset(
    {
        "hi",
        "hello",
        "hey",
        "thanks",
        "thank you",
        "thx",
        "ok",
        "okay",
        "test",
        "你好",
        "您好",
        "在吗",
        "谢谢",
        "多谢",
        "好的",
        "好",
        "收到",
        "测试",
    }
)
"""Messages that are greetings and thanks and report nothing."""

_WHICH = re.compile(NUMBER + r"(?![0-9])[\s:：,，]*", re.IGNORECASE)
_CODE = re.compile(r"[a-z0-9]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReportCommand:
    """A report; `plainly` if the text is no command."""

    text: str
    plainly: bool = False


@dataclass(frozen=True, slots=True)
class ActionCommand:
    """A command to apply an action to the record with this number.

    "" is the record of the thread.
    """

    action: ButtonAction
    number: str
    note: str


@dataclass(frozen=True, slots=True)
class NoteCommand:
    """A command to add a note to the record with this number."""

    number: str
    note: str


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """A command to show the state of a record; "" is the record of the thread."""

    number: str


@dataclass(frozen=True, slots=True)
class LinkCommand:
    """A command to link the chat account to the person who was given this code."""

    code: str


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """A request for the list of commands."""


ChatCommand = (
    ReportCommand | ActionCommand | NoteCommand | StatusCommand | LinkCommand | HelpCommand
)


def parse_command(text: str, *, in_thread: bool = False) -> ChatCommand:
    """Return the command of a text; text that is no command is a report.

    A command about a record gives its number, or in the record's thread stands alone or before a
    colon.
    """
    text = text.strip().removeprefix("/")
    if SPACE.sub(" ", text).strip("!！。.,，~?？ ").lower() in {"", *GREETINGS}:
        return HelpCommand()
    first = FIRST.match(text)
    word = first[1].lower() if first else ""
    rest = text[first.end() :] if first else text
    if word in REPORT and rest:
        return ReportCommand(rest)
    if word in LINK and _CODE.fullmatch(rest):
        return LinkCommand(rest.lower())
    if word in HELP | REPORT and not rest:
        return HelpCommand()
    return _parse_record_command(word, text, rest, in_thread=in_thread) or ReportCommand(
        text, plainly=True
    )


def _parse_record_command(
    word: str, text: str, rest: str, *, in_thread: bool
) -> ChatCommand | None:
    """Return the command about one record, None if the words are no such command."""
    named = _WHICH.match(rest)
    alone = not rest or text[len(word) :].lstrip().startswith((":", "："))
    if not named and not alone:
        return None
    number, note = (named[1].upper(), rest[named.end() :]) if named else ("", rest)
    if word in ACTIONS and (named or in_thread or not rest):
        return ActionCommand(ACTIONS[word], number, note)
    if word in STATUS and not note:
        return StatusCommand(number)
    if word in NOTE and named and note:
        return NoteCommand(number, note)
    return None
