"""What notifications say, in both languages. Pure.

Facts a template reads, all optional: `number`, `priority`, `title`, `service`, `clock`, `due_at` (an aware datetime or RFC 3339
text), `unresolved_for`, `share` (of the target, 0 to 1), `resolution`, `assignee_group`, `assignee`, `reason`,
`next_update_due_at`, `group`, `ends_at`, `records`, `to_do` (a key of TO_DO), `text`, whose lines are kept and stand first, and
`listed`, records with `number`, `priority`, `state`, `title` and `report`, which stand last. A `subject`
replaces the one that is made of them: mail programs keep a thread together by it.
Titles and names are foreign text: they are put in as values, never read as a format, and lose their control characters.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.incidents.labels import clock_label, label
from gateway.incidents.model import ReportStatus, Resolution, State
from gateway.notify.phrases import Reader, moment, one_line, whole
from gateway.notify.reporter_letters import LETTERS, letter


class Template(StrEnum):
    """The occasions people are told about."""

    OPENED = "opened"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    ASSIGNED = "assigned"
    RAISED = "raised"
    ESCALATED = "escalated"
    RETURNED = "returned"
    RESUMED = "resumed"
    UNDELIVERED = "undelivered"
    UNRESOLVED = "unresolved"
    MAJOR = "major"
    RECEIVED = "received"
    REPLIED = "replied"
    STATUS_UPDATE = "status_update"
    UPDATE_DUE = "update_due"
    MAJOR_REPORT = "major_report"
    COMPLAINT = "complaint"
    HANDOVER = "handover"
    HANDOVER_LATE = "handover_late"
    CHAT = "chat"
    GRADE_THIS = "grade_this"
    GRADING_OVERDUE = "grading_overdue"
    CONVERT = "convert"
    AWAITING_REPORTER = "awaiting_reporter"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a plain text."""

    subject: str
    text: str


REPORTER = "reporter"
"""The role of those who reported."""

COLON = (": ", "：")

OCCASIONS: Mapping[Template, tuple[str, str]] = {
    Template.OPENED: ("opened", "已受理"),
    Template.SLA_WARNING: ("nearly due", "即将超时"),
    Template.SLA_BREACHED: ("overdue", "已超时"),
    Template.RESOLVED: ("resolved", "已解决"),
    Template.REOPENED: ("reopened", "重新打开"),
    Template.CLOSED: ("closed", "已关闭"),
    Template.ASSIGNED: ("assigned", "已派单"),
    Template.RAISED: ("priority raised", "优先级已提高"),
    Template.ESCALATED: ("escalated", "已升级"),
    Template.RETURNED: ("returned to the desk", "已退回服务台"),
    Template.UNDELIVERED: ("nobody was reached", "通知均未送达，请跟进"),
    Template.RESUMED: ("resumed", "已恢复处理"),
    Template.UNRESOLVED: ("still unresolved", "仍未解决"),
    Template.MAJOR: ("declared major", "定为重大事件"),
    Template.RECEIVED: ("we have received your report", "您的报告已受理"),
    Template.REPLIED: ("its reporter replied", "报障人已回复"),
    Template.STATUS_UPDATE: ("status update", "进展通报"),
    Template.COMPLAINT: ("complaint", "投诉"),
    Template.MAJOR_REPORT: ("major incident report", "重大事件报告"),
    Template.HANDOVER: ("shift hand-over", "交接班"),
    Template.HANDOVER_LATE: ("hand-over not accepted", "交接班未确认"),
    Template.CHAT: ("answer", "答复"),
    Template.CONVERT: ("request past its time", "请求已超时"),
    Template.GRADE_THIS: ("grade this", "请评定级别"),
    Template.GRADING_OVERDUE: ("not graded in time", "级别未及时评定"),
    Template.AWAITING_REPORTER: ("we need your answer", "需要您答复"),
    Template.REJECTED: ("not taken up", "未予受理"),
    Template.UPDATE_DUE: ("status update overdue", "进展通报已逾期"),
}
"""What happened, as the subject says it."""

LINES: Mapping[str, tuple[str, str]] = {
    "number": ("Incident: {}", "事件编号：{}"),
    "related": ("Noted on its related incident {}", "来自关联事件 {}"),
    "about": ("The incident behind yours, {}", "您的事件 {} 由本事件引起"),
    "priority": ("Priority: {}", "优先级：{}"),
    "claimed_priority": ("Claimed by the reporter: P{}", "报障人自述：P{}"),
    "title": ("Title: {}", "标题：{}"),
    "service": ("Service: {}", "服务：{}"),
    "clock": ("Clock: {}", "时限：{}"),
    "due_at": ("Due: {}", "应完成时间：{}"),
    "unresolved_for": ("Unresolved for (h:mm:ss): {}", "未解决时长（时:分:秒）：{}"),
    "share": ("Used of the target: {}", "已用时限：{}"),
    "resolution": ("Resolution: {}", "解决代码：{}"),
    "assignee_group": ("Group: {}", "受理组：{}"),
    "assignee": ("Person: {}", "受理人：{}"),
    "reason": ("Reason: {}", "原因：{}"),
    "next_update_due_at": ("Next update due: {}", "下次通报时间：{}"),
    "group": ("Group: {}", "班组：{}"),
    "ends_at": ("Shift ends: {}", "班次结束：{}"),
    "records": ("Open records: {}", "未结记录：{}"),
    "to_do": ("To do: {}", "待办：{}"),
}
"""The lines of the text, in this order; a fact that is missing or empty has no line."""


REPORT = ("report", "报告")

TO_DO: Mapping[str, tuple[str, str]] = {
    "take_over": ("accept the hand-over", "确认接班"),
    "post_update": ("post a status update", "发布进展通报"),
    "judge_reply": (
        "reopen it if the reply says that it is not solved: else it closes by itself",
        "若回复表明未解决请重新打开，否则将自动关闭",
    ),
    "convert": ("convert it to an incident or a change, or end it", "转为事件或变更，或结束该请求"),
    "grade": ("set or confirm its priority", "设定或确认优先级"),
    "tell_leader": ("tell the leader, and put it down in the record", "通知分管领导并在记录中登记"),
}
"""What the reader of a message is asked to do."""


def render(template: str, facts: Mapping[str, Any], reader: Reader, role: str = "") -> Rendered:
    """Return the words for one occasion; one of another release is called by its own name.

    A reporter reads a letter where there is one for the occasion.
    """
    unknown = one_line(template.replace("_", " "))
    occasion = reader.choose(OCCASIONS[Template(template)]) if template in set(Template) else unknown
    said = {name: _said(name, facts[name], reader) for name in LINES if facts.get(name) not in (None, "")}
    is_letter = role == REPORTER and template in LETTERS
    subject = _subject(occasion, said, reader, ranked=not is_letter)
    if facts.get("subject"):
        subject = one_line(facts["subject"])
    if is_letter:
        return Rendered(subject, letter(template, facts, reader) + "\n")
    return Rendered(subject, "\n".join((occasion, "", *_lines(facts, said, reader), "")))


def _subject(occasion: str, said: Mapping[str, str], reader: Reader, *, ranked: bool) -> str:
    """Number, priority where it is `ranked`, occasion and title, on one line."""
    rank = f"P{said.get('priority', '?')} " if ranked else ""
    head = f"[{said['number']}] {rank}" if "number" in said else ""
    title = said.get("title", "")
    return f"{head}{occasion}{reader.choose(COLON)}{title}" if title else f"{head}{occasion}"


def _lines(facts: Mapping[str, Any], said: Mapping[str, str], reader: Reader) -> Iterator[str]:
    """Yield what people wrote, the facts line by line, the records that are listed, and the link."""
    if text := whole(facts.get("text") or ""):
        yield from (text, "")
    for name, value in said.items():
        yield reader.choose(LINES[name]).format(value)
    listed = facts.get("listed") or ()
    yield from (_record(one, reader) for one in listed)
    if 0 < len(listed) < facts.get("records", 0):
        yield f"… +{facts['records'] - len(listed)}"
    if reader.link and "number" in said:
        yield reader.link


def _said(name: str, value: Any, reader: Reader) -> str:
    return _SAYERS[name](value, reader) if name in _SAYERS else one_line(value)


def _record(facts: Mapping[str, Any], reader: Reader) -> str:
    """One record of a list, on one line."""
    report = facts.get("report")
    standing = _standing(facts, report, reader)
    what = f"{reader.choose(REPORT)} {standing}" if report else standing
    return f"{one_line(facts['number'])} P{facts['priority']} {what}: {one_line(facts['title'])}"


def _standing(facts: Mapping[str, Any], report: str | None, reader: Reader) -> str:
    of_it = ReportStatus(report) if report else State(facts["state"])
    return label(of_it, reader.locale)


def _resolution(value: Any, reader: Reader) -> str:
    return label(Resolution(value), reader.locale) if value in set(Resolution) else one_line(value)


def _to_do(value: Any, reader: Reader) -> str:
    words = TO_DO.get(str(value))
    return one_line(value) if words is None else reader.choose(words)


def _share(value: Any, _: Reader) -> str:
    return f"{value:.0%}" if isinstance(value, float | int) else one_line(value)


_SAYERS: Mapping[str, Callable[[Any, Reader], str]] = {
    "clock": lambda value, reader: one_line(clock_label(str(value), reader.locale)),
    "due_at": moment,
    "next_update_due_at": moment,
    "ends_at": moment,
    "share": _share,
    "resolution": _resolution,
    "to_do": _to_do,
}
