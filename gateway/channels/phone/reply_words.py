"""The answers to replies by text message, in both languages. Pure."""

from collections.abc import Mapping

from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.staleness import StaleReason

ANSWERS: Mapping[str, tuple[str, str]] = {
    "taken": ("You have taken on {number}: {title}", "您已接手{number}：{title}"),
    "declined": (
        "{number}: noted that you cannot. The next is told.",
        "{number}：已记录您接不了，将通知下一位。",
    ),
    "impossible": (
        "{number} is {state}: there is nothing to do by reply.",
        "{number}状态为“{state}”，无需回复处理。",
    ),
    "refused": (
        "{number}: your roles do not allow this. Call the service desk.",
        "{number}：您的角色不允许此操作，请联系服务台。",
    ),
    "other": ("{handler} has {number} already.", "{number}已由{handler}接手。"),
    "reopened": (
        "{number} has fired or was opened again since that message. Read the newest, then reply.",
        "{number}在该短信之后再次发生或重新打开，请查看最新短信后再回复。",
    ),
    "raised": (
        "{number} has become more urgent since that message. Read the newest, then reply.",
        "{number}在该短信之后优先级已提高，请查看最新短信后再回复。",
    ),
    "no_code": (
        "No message of the last day has this code. Open the link in the message instead.",
        "最近一天的短信中没有此代码，请打开短信中的链接。",
    ),
    "which": (
        "Several records wait. Reply with the code of the message:\n{listed}",
        "有多起事件待接手，请回复短信中的代码：\n{listed}",
    ),
    "none": ("No record that you were told of waits.", "没有等待您接手的事件。"),
    "help": (
        "Reply with the code of a message to take its record on, or with NO and the code.",
        "回复短信中的代码即可接手，接不了请回复“接不了”和代码。",
    ),
    "started": (
        "You get text messages again. STOP ends them.",
        "已恢复短信通知，回复TD退订。",
    ),
}

HINT = ("Reply {code}: take it", "回复{code}接手")
"""The line of a message that says how to take its record on."""

STALE = {StaleReason.REOPENED: "reopened", StaleReason.RAISED: "raised", StaleReason.TAKEN: "other"}


def reply_text(word: str, locale: Locale, **facts: object) -> str:
    """Return the answer to a reply."""
    return ANSWERS[word][LOCALES.index(locale)].format_map(facts)


def reply_hint(code: str, locale: Locale) -> str:
    """Return the line by which a message says how to answer it."""
    return HINT[LOCALES.index(locale)].format(code=code)
