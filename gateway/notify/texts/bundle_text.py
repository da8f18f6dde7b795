"""The text of a message in place of several, in both languages. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.notify.texts.phrases import MessageReader, one_line

MOST_LISTED = 20
"""The most messages that a bundle lists; it counts the others."""

SUBJECT = (
    "{count} messages, the most urgent P{priority}",
    "{count} 条通知，最高优先级 P{priority}",
)
MORE = ("… and {count} more", "……另有 {count} 条")


def subject_of(facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return the subject of a bundle."""
    listed = facts.get("listed") or ()
    priority = min((one.get("priority", 5) for one in listed), default="?")
    return reader.choose(SUBJECT).format(count=len(listed), priority=priority)


def lines_of(
    facts: Mapping[str, Any], occasions: Callable[[str], str], reader: MessageReader
) -> Iterator[str]:
    """Yield a line for each message of a bundle, and below it the link of its record."""
    listed = facts.get("listed") or ()
    for one in listed[:MOST_LISTED]:
        rank = f"[{one_line(one.get('number', '?'))}] P{one_line(one.get('priority', '?'))}"
        yield f"{rank} {occasions(one.get('template', ''))}: {one_line(one.get('title', ''))}"
        if link := one.get("link"):
            yield f"  {link}"
    if len(listed) > MOST_LISTED:
        yield reader.choose(MORE).format(count=len(listed) - MOST_LISTED)
