"""The content of a notification and the headers of its delivery. Pure."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from gateway.channels.cut_text import cut_to_bytes
from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.message import Message
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.templates import Template, render
from gateway.tokens.signing import signature

MOST_BYTES = 2_800
"""The most bytes of the content: Firefox on Android takes no more, though RFC 8291 has 3993."""

MAX_TITLE, MAX_BODY = 250, 1_000
"""The most bytes of a title and of the text below it: more is not shown."""

MAX_LINK = 1_000

KEPT_FOR = timedelta(days=1)
"""How long the push service keeps a message for a browser that is not running."""

URGENCIES: Mapping[int, str] = {1: "high", 2: "high", 3: "normal", 4: "low"}
"""The urgency (RFC 8030, 5.3) by the priority of the record: `high` wakes a telephone."""

QUIET = frozenset({Template.RESOLVED, Template.CLOSED, Template.STATUS_UPDATE})
"""The occasions that replace the earlier notification of a record without a sound."""

STAYS = 2
"""The lowest priority whose notification stays until somebody acts on it."""

LABEL = b"push topic v1"
TOPIC_CHARS = 32
"""The most characters of a topic (RFC 8030, 5.4); this many encode whole bytes."""

OPEN = ("Open", "打开")
TEST_TITLE = ("Test: this browser is called", "测试：此浏览器可以接收通知")
TEST_BODY = (
    "This is how incidents are told of. There is nothing to do.",
    "事件通知将以此方式送达，无需处理。",
)


def topic_of(incident_id: int, secret: bytes) -> str:
    """Return the topic of a record: its later message replaces the earlier one.

    The push service reads it, and learns nothing about the record.
    """
    return signature(secret, LABEL, str(incident_id))[:TOPIC_CHARS]


def encode_content(message: Message, reader: MessageReader, tag: str) -> bytes:
    """Return the notification of a message in the language of its reader, as JSON."""
    words = render(message.template, message.facts, reader, message.role)
    shown = {
        "title": words.subject,
        "body": words.text.partition("\n")[2].strip() or words.subject,
        "tag": tag,
        "lang": reader.locale,
        "renotify": message.template not in QUIET,
        "stays": message.urgency <= STAYS and message.template not in QUIET,
    }
    if message.link and len(message.link) <= MAX_LINK:
        shown |= {
            "link": message.link,
            "actions": [{"action": "open", "title": reader.choose(OPEN)}],
        }
    return _encode(shown)


def encode_test(locale: Locale) -> bytes:
    """Return the notification that somebody asks for to try a browser."""
    place = LOCALES.index(locale)
    return _encode(
        {"title": TEST_TITLE[place], "body": TEST_BODY[place], "tag": "test", "lang": locale,
         "renotify": True, "stays": False}
    )  # fmt: skip


def delivery_headers(urgency: int, topic: str) -> dict[str, str]:
    """Return the headers of a delivery; without a topic the message replaces none."""
    headers = {
        "TTL": str(int(KEPT_FOR.total_seconds())),
        "Urgency": URGENCIES.get(urgency, "normal"),
    }
    return headers | ({"Topic": topic} if topic else {})


def _encode(shown: dict[str, object]) -> bytes:
    """Return the content as JSON, with as much of the texts as fits.

    A text full of quotation marks or backslashes is twice as long in JSON.
    """
    cut = shown | {
        "title": cut_to_bytes(str(shown["title"]), MAX_TITLE),
        "body": cut_to_bytes(str(shown["body"]), MAX_BODY),
    }
    content = msgspec.json.encode(cut)
    if len(content) <= MOST_BYTES:
        return content
    room = len(str(cut["body"]).encode()) - (len(content) - MOST_BYTES)
    return msgspec.json.encode(cut | {"body": cut_to_bytes(str(cut["body"]), room)})
