"""What somebody asks for by what they wrote, in either language. Pure."""

import re
from dataclasses import dataclass

from gateway.notify.card import Pressed

NUMBER = r"(INC-[0-9]{8}-[0-9]{6,12})"
FIRST, SPACE = re.compile(r"([a-z]+|[\u4e00-\u9fff]{2})[\s:：,，]*", re.IGNORECASE), re.compile(r"\s+")

ACTIONS: dict[str, Pressed] = {
    **dict.fromkeys(("ack", "acknowledge", "受理", "接单", "确认"), "acknowledge"),
    **dict.fromkeys(("resolve", "resolved", "解决"), "resolve"),
    "accept": "accept",
}
REPORT = frozenset({"report", "报告", "报障", "上报"})
STATUS = frozenset({"status", "状态", "查询"})
NOTE = frozenset({"note", "备注"})
HELP = frozenset({"help", "帮助"})
LINK = frozenset({"link", "绑定"})
GREETINGS = frozenset({
    "hi", "hello", "hey", "thanks", "thank you", "thx", "ok", "okay", "test",
    "你好", "您好", "在吗", "谢谢", "多谢", "好的", "好", "收到", "测试",
})  # fmt: skip
"""What people say that reports nothing."""

_WHICH = re.compile(NUMBER + r"(?![0-9])[\s:：,，]*", re.IGNORECASE)
_CODE = re.compile(r"[a-z0-9]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reporting:
    """Something is wrong, or words that say so; `plainly` where no command says that they do."""

    text: str
    plainly: bool = False


@dataclass(frozen=True, slots=True)
class Acting:
    """Do this to the record of that number, or of the thread."""

    action: Pressed
    number: str
    note: str


@dataclass(frozen=True, slots=True)
class Adding:
    """Note this in the record of that number."""

    number: str
    note: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Tell how it stands; "" is the record of the thread."""

    number: str


@dataclass(frozen=True, slots=True)
class Linking:
    """I am whoever has this code."""

    code: str


@dataclass(frozen=True, slots=True)
class Helping:
    """Tell what can be said here."""


Asked = Reporting | Acting | Adding | Asking | Linking | Helping


def asked(text: str, *, in_thread: bool = False) -> Asked:
    """What a text asks for. A command names its record, or stands in its thread alone or before a colon; all else is words."""
    text = text.strip().removeprefix("/")
    if SPACE.sub(" ", text).strip("!！。.,，~?？ ").lower() in {"", *GREETINGS}:
        return Helping()
    first = FIRST.match(text)
    word = first[1].lower() if first else ""
    rest = text[first.end() :] if first else text
    if word in REPORT and rest:
        return Reporting(rest)
    if word in LINK and _CODE.fullmatch(rest):
        return Linking(rest.lower())
    if word in HELP | REPORT and not rest:
        return Helping()
    return _about_one(word, text, rest, in_thread=in_thread) or Reporting(text, plainly=True)


def _about_one(word: str, text: str, rest: str, *, in_thread: bool) -> Asked | None:
    """A command about one record; None where the words are none."""
    named = _WHICH.match(rest)
    alone = not rest or text[len(word) :].lstrip().startswith((":", "："))
    if not named and not alone:
        return None
    number, note = (named[1].upper(), rest[named.end() :]) if named else ("", rest)
    if word in ACTIONS and (named or in_thread or not rest):
        return Acting(ACTIONS[word], number, note)
    if word in STATUS and not note:
        return Asking(number)
    if word in NOTE and named and note:
        return Adding(number, note)
    return None
