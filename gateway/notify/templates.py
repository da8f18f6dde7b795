"""What notifications say, in both languages. Pure.

Facts a template reads, all optional but the first two: `number`, `priority`, `title`, `service`, `clock`, `due_at` (an aware
datetime or RFC 3339 text), `unresolved_for`, `share` (of the target, 0 to 1), `resolution`, `assignee_group`, `assignee`,
`reason`. A `subject` replaces the one that is made of them: mail programs keep a thread together by it.
Titles and names are foreign text: they are put in as values, never read as a format, and lose their control characters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from gateway.incidents.labels import LOCALES, Locale, clock_label, label
from gateway.incidents.model import Resolution

TITLE_CHARS = 200


class Template(StrEnum):
    """The occasions people are told about."""

    OPENED = "opened"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    ASSIGNED = "assigned"
    UNRESOLVED = "unresolved"
    MAJOR = "major"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a plain text."""

    subject: str
    text: str


OCCASIONS: Mapping[Template, tuple[str, str]] = {
    Template.OPENED: ("opened", "已受理"),
    Template.SLA_WARNING: ("nearly due", "即将超时"),
    Template.SLA_BREACHED: ("overdue", "已超时"),
    Template.RESOLVED: ("resolved", "已解决"),
    Template.REOPENED: ("reopened", "重新打开"),
    Template.CLOSED: ("closed", "已关闭"),
    Template.ASSIGNED: ("assigned", "已派单"),
    Template.UNRESOLVED: ("still unresolved", "仍未解决"),
    Template.MAJOR: ("declared major", "定为重大事件"),
    Template.RECEIVED: ("your message was received", "来信已受理"),
}
"""What happened, as the subject says it."""

LINES: Mapping[str, tuple[str, str]] = {
    "number": ("Incident: {}", "事件编号:{}"),
    "priority": ("Priority: {}", "优先级:{}"),
    "title": ("Title: {}", "标题:{}"),
    "service": ("Service: {}", "服务:{}"),
    "clock": ("Clock: {}", "时限:{}"),
    "due_at": ("Due: {}", "应完成时间:{}"),
    "unresolved_for": ("Unresolved for (h:mm:ss): {}", "未解决时长(时:分:秒):{}"),
    "share": ("Used of the target: {}", "已用时限:{}"),
    "resolution": ("Resolution: {}", "解决代码:{}"),
    "assignee_group": ("Group: {}", "受理组:{}"),
    "assignee": ("Person: {}", "受理人:{}"),
    "reason": ("Reason: {}", "原因:{}"),
}
"""The lines of the text, in this order; a fact that is missing or empty has no line."""


def render(template: str, facts: Mapping[str, Any], external_url: str, locale: Locale) -> Rendered:
    """The words for one occasion; raises ValueError for a template that does not exist."""
    language = LOCALES.index(locale)
    occasion = OCCASIONS[Template(template)][language]
    said = {name: _said(name, facts[name], locale) for name in LINES if facts.get(name) not in (None, "")}
    number, title = said.get("number", "?"), said.get("title", "")
    subject = f"[{number}] P{said.get('priority', '?')} {occasion}: {title}".removesuffix(": ")
    if facts.get("subject"):
        subject = one_line(facts["subject"])
    lines = [LINES[name][language].format(text) for name, text in said.items()]
    if external_url and "number" in said:
        lines.append(f"{external_url.rstrip('/')}/api/v1/incidents/{number}")
    return Rendered(subject, "\n".join((occasion, "", *lines, "")))


def one_line(value: object) -> str:
    """Foreign text on one line: control characters and line separators become spaces, the length is bounded."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: 4 * TITLE_CHARS])
    text = " ".join(text.split())
    return text if len(text) <= TITLE_CHARS else text[: TITLE_CHARS - 1] + "…"


def _said(name: str, value: Any, locale: Locale) -> str:
    return _SAYERS[name](value, locale) if name in _SAYERS else one_line(value)


def _moment(value: Any, _: Locale) -> str:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return one_line(value)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _resolution(value: Any, locale: Locale) -> str:
    return label(Resolution(value), locale) if value in set(Resolution) else one_line(value)


def _share(value: Any, _: Locale) -> str:
    return f"{value:.0%}" if isinstance(value, float | int) else one_line(value)


_SAYERS: Mapping[str, Callable[[Any, Locale], str]] = {
    "clock": lambda value, locale: one_line(clock_label(str(value), locale)),
    "due_at": _moment,
    "share": _share,
    "resolution": _resolution,
}
