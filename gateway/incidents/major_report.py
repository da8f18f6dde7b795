"""The draft of a major-incident report, from the record and its timeline. Pure.

Values go in, Markdown comes out; see docs/process.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gateway.incidents.labels import LOCALES, Locale, label
from gateway.incidents.language import detect_language as written_in
from gateway.incidents.record import Incident
from gateway.incidents.timeline import PastEvent
from gateway.vocabulary import HoldReason

CAUSE = "cause"
"""The custom field that holds the cause of an incident, if configured; no other field does."""

REPORTED_EVENTS = frozenset(
    {
        "opened",
        "declared_major",
        "leader_told",
        "assigned",
        "accepted",
        "unacknowledged",
        "raised",
        "returned",
        "declined",
        "released",
        "held",
        "resumed",
        "shelved",
        "unshelved",
        "escalated",
        "note",
        "status_update",
        "resolved",
        "reopened",
        "closed",
    }
)
"""The events that are actions of people and appear in a report."""

EVENTS_WITH_REASON = frozenset({"declared_major"})
"""The events whose reason was written by a person."""

WORDS: Mapping[str, tuple[str, str]] = {
    "report": ("Major incident report", "重大事件报告"),
    "cause": ("Cause", "原因"),
    "effect": ("Effect", "影响"),
    "actions": ("Actions", "处理过程"),
    "times": ("Times", "时间"),
    "improvements": ("Improvements", "改进措施"),
    "solution": ("Solution", "解决方案"),
    "category": ("resolution category", "解决分类"),
    "open": ("to be written", "待填写"),
    "occurred_at": ("occurred", "发生时间"),
    "recorded_at": ("recorded", "登记时间"),
    "responded_at": ("responded", "响应时间"),
    "resolved_at": ("resolved", "解决时间"),
    "opened": ("recorded", "登记"),
    "declared_major": ("declared major", "定为重大事件"),
    "leader_told": ("told the leader", "通知分管领导"),
    "assigned": ("assigned", "分派"),
    "accepted": ("accepted", "受理"),
    "unacknowledged": ("acknowledgement withdrawn", "取消受理"),
    "raised": ("raised", "提升优先级"),
    "returned": ("returned", "退回"),
    "declined": ("declined", "接不了"),
    "released": ("given back", "交回"),
    "held": ("put on hold", "挂起"),
    "resumed": ("resumed", "恢复处理"),
    "shelved": ("shelved", "暂缓"),
    "unshelved": ("taken up again", "暂缓结束"),
    "escalated": ("escalated", "升级"),
    "note": ("note", "备注"),
    "status_update": ("status update", "进展通报"),
    "resolved": ("resolved", "解决"),
    "reopened": ("reopened", "重新打开"),
    "closed": ("closed", "关闭"),
}
"""The texts of a report, in the order of LOCALES."""


def draft_report(incident: Incident, story: Sequence[PastEvent], locale: Locale) -> str:
    """Return the report as far as the record provides it, with marks for what people must write."""
    parts = [
        f"# {_word('report', locale)}: {incident.number} {_line(incident.title)}",
        _section("cause", _line(str(incident.fields.get(CAUSE, ""))), locale),
        _section("effect", _effect(incident, locale), locale),
        _section("times", _times(incident, locale), locale),
        _section(
            "actions",
            "\n".join(_step(one, locale) for one in story if one.event in REPORTED_EVENTS),
            locale,
        ),
        _section("solution", _solution(incident, locale), locale),
        _section("improvements", "", locale),
    ]
    return "\n\n".join(parts) + "\n"


def _word(name: str, locale: Locale) -> str:
    return WORDS[name][LOCALES.index(locale)]


def _section(name: str, text: str, locale: Locale) -> str:
    return f"## {_word(name, locale)}\n\n{text or '_' + _word('open', locale) + '_'}"


def _effect(incident: Incident, locale: Locale) -> str:
    where = ", ".join(
        _line(text) for text in (incident.service, incident.ci, incident.location) if text
    )
    return f"P{incident.priority}, {label(incident.impact, locale)}" + (
        f": {where}" if where else ""
    )


def _solution(incident: Incident, locale: Locale) -> str:
    found = [_line(incident.solution)] if incident.solution else []
    if incident.resolution_category:
        found.append(f"{_word('category', locale)}: {_line(incident.resolution_category)}")
    return "\n\n".join(found)


def language_of(incident: Incident) -> Locale:
    """Return the language of a record: the one it names, else the one it is written in.

    The result is English if no report can be written in that language.
    """
    named = incident.language or incident.labels.get("language", "")
    if named:
        return "zh-CN" if named.lower().startswith("zh") else "en"
    return written_in(f"{incident.title}\n{incident.description}")


def _times(incident: Incident, locale: Locale) -> str:
    names = ("occurred_at", "recorded_at", "responded_at", "resolved_at")
    known = [(name, at) for name in names if (at := getattr(incident, name)) is not None]
    return "\n".join(f"- {_word(name, locale)}: {_stamp(at)}" for name, at in known)


def _step(one: PastEvent, locale: Locale) -> str:
    said = "; ".join(_said(one, locale))
    return f"- {_stamp(one.at)} {_line(one.actor)}: {_word(one.event, locale)}" + (
        f" – {said}" if said else ""
    )


def _said(one: PastEvent, locale: Locale) -> Iterator[str]:
    """Yield the texts that people wrote or chose in an entry.

    Reason codes of the gateway are left out.
    """
    if one.event == "held" and (reason := one.facts.get("reason")) in tuple(HoldReason):
        yield label(HoldReason(reason), locale)
    names = ("note", "reason", "text") if one.event in EVENTS_WITH_REASON else ("note", "text")
    if written := next((str(one.facts[name]) for name in names if one.facts.get(name)), ""):
        yield _line(written)


def _stamp(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")


def _line(text: str) -> str:
    """Return a text of people on one line, with Markdown and HTML escaped."""
    plain = " ".join(text.split())
    return "".join("\\" + sign if sign in r"\`*_[]<>#|!" else sign for sign in plain)
