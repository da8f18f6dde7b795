"""The texts of notifications, in both languages. Pure.

All facts it reads are optional: those of LINES in `fact_lines`, and `description`, `solution`,
`links`; `to_do` (a step of `next_steps`), `text`, whose lines are kept and stand first, and
`listed`, records with `number`, `priority`, `state`, `title` and `report`; `gaps`, times without
anybody on call from and until, and the number of `more_gaps`. A `subject` replaces the one that
is made of them: mail programs keep a thread together by it.

Titles and names are foreign text: they are put in as values, never read as a format, and lose
their control characters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.incidents.facts import WITHHELD
from gateway.incidents.labels import label
from gateway.notify.texts import bundle_text
from gateway.notify.texts.code_text import render_code
from gateway.notify.texts.fact_lines import format_facts, format_lines
from gateway.notify.texts.next_steps import next_step
from gateway.notify.texts.phrases import MessageReader, local_time, multi_line, one_line
from gateway.notify.texts.reporter_letters import LETTERS, render_letter
from gateway.vocabulary import ReportStatus, State


class Template(StrEnum):
    """The occasions of notifications."""

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
    DECLINED = "declined"
    RELEASED = "released"
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
    LOOK_THROUGH = "look_through"
    ON_CALL_CHANGED = "on_call_changed"
    ON_CALL_RESTORED = "on_call_restored"
    SWAP_PROPOSED = "swap_proposed"
    SWAP_ACCEPTED = "swap_accepted"
    SWAP_REFUSED = "swap_refused"
    SWAP_WITHDRAWN = "swap_withdrawn"
    CHAT = "chat"
    GRADE_THIS = "grade_this"
    GRADING_OVERDUE = "grading_overdue"
    CONVERT = "convert"
    AWAITING_REPORTER = "awaiting_reporter"
    REJECTED = "rejected"
    MASTER_RESOLVED = "master_resolved"
    WITHDRAWN = "withdrawn"
    TAKEN_UP = "taken_up"
    UNACKNOWLEDGED = "unacknowledged"
    FORGOTTEN = "forgotten"
    CONTACT_CODE = "contact_code"
    BUNDLE = "bundle"
    NEW_LINK = "new_link"
    SCHEDULE_GAPS = "schedule_gaps"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A rendered message: a one-line subject and a plain text.

    `ask` is the step requested, "" for none.
    """

    subject: str
    text: str
    ask: str = ""


REPORTER = "reporter"
"""The role of reporters among recipients."""

COLON = (": ", "：")

OCCASIONS: Mapping[Template, tuple[str, str]] = {
    Template.OPENED: ("opened", "新登记"),
    Template.SLA_WARNING: ("nearly due", "即将超时"),
    Template.SLA_BREACHED: ("overdue", "已超时"),
    Template.RESOLVED: ("resolved", "已解决"),
    Template.REOPENED: ("reopened", "重新打开"),
    Template.CLOSED: ("closed", "已关闭"),
    Template.ASSIGNED: ("assigned", "已派单"),
    Template.RAISED: ("priority raised", "优先级已提高"),
    Template.ESCALATED: ("escalated", "已升级"),
    Template.RETURNED: ("returned to the desk", "已退回服务台"),
    Template.DECLINED: ("declined, nobody has it", "有人接不了，尚无人处理"),
    Template.RELEASED: ("given back, nobody has it", "已交回，尚无人处理"),
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
    Template.LOOK_THROUGH: ("look through what was left", "请查看遗留工作"),
    Template.ON_CALL_CHANGED: ("on-call duty changed", "值班安排已调整"),
    Template.ON_CALL_RESTORED: ("change of on-call duty withdrawn", "值班调整已撤销"),
    Template.SWAP_PROPOSED: ("swap of shifts proposed", "申请换班"),
    Template.SWAP_ACCEPTED: ("swap of shifts accepted", "换班申请已同意"),
    Template.SWAP_REFUSED: ("swap of shifts refused", "换班申请已拒绝"),
    Template.SWAP_WITHDRAWN: ("swap of shifts withdrawn", "换班申请已撤回"),
    Template.CHAT: ("answer", "答复"),
    Template.CONVERT: ("request past its time", "请求已超时"),
    Template.GRADE_THIS: ("grade this", "请评定级别"),
    Template.GRADING_OVERDUE: ("not graded in time", "级别未及时评定"),
    Template.AWAITING_REPORTER: ("we need your answer", "需要您答复"),
    Template.REJECTED: ("not taken up", "未予受理"),
    Template.TAKEN_UP: ("assigned", "已分派"),
    Template.SHELVED: ("shelved", "已暂缓"),
    Template.UNSHELVED: ("back from the shelf", "暂缓已结束"),
    Template.MASTER_RESOLVED: ("please check whether it works again", "请确认是否已恢复"),
    Template.WITHDRAWN: ("taken out of your hands", "已不再由您处理"),
    Template.UNACKNOWLEDGED: ("nobody has taken it", "无人接手"),
    Template.FORGOTTEN: ("taken, but no progress", "已接手但无进展"),
    Template.NEW_LINK: ("the link you asked for", "你要的新链接"),
    Template.UPDATE_DUE: ("status update overdue", "进展通报已逾期"),
    Template.BUNDLE: ("several messages", "多条通知"),
    Template.CONTACT_CODE: ("code to confirm this address", "联系方式验证码"),
    Template.SCHEDULE_GAPS: ("nobody will be on call", "值班空缺"),
}
"""The occasion of each template, as the subject names it."""

RELATED_NOTE = ("noted on a related incident", "关联事件有新备注")
"""The occasion of a reply that is a note on a related incident, not the reporter's own words."""

REPORT = ("report", "报告")


RESTRICTED = ("restricted incident", "受限事件")
ASK_SECURITY_ROLES = (
    (
        "You may not see this incident. If you have to act on it, "
        "ask an incident manager or the security team."
    ),
    "您无权查看该事件。如需处理，请联系事件经理或信息安全员。",
)
LEAVE_IT = (
    (
        "An incident that you had is restricted now. You need not work on it any more: "
        "the security team has been told."
    ),
    "您负责的一起事件已转为受限事件，您无需继续处理，信息安全员已收到通知。",
)
NOT_SHOWN = (
    (
        "This incident is not shown in this conversation. "
        "Read it in the gateway, or ask an incident manager."
    ),
    "该事件不在本会话中显示。请在系统中查看，或联系事件经理。",
)
"""The text sent in place of an incident to recipients who may not see it."""

TO_DO_LINE = ("To do: {}", "待办：{}")
DESCRIPTION = ("Description:", "描述：")
SOLUTION = ("Solution:", "解决方案：")
MOST_TEXT = 1_000
"""The most characters of a description or solution in a message."""


def render(
    template: str, facts: Mapping[str, Any], reader: MessageReader, role: str = ""
) -> RenderedMessage:
    """Return the text of a message; a template of another release is named by its own name.

    A reporter receives a letter if there is one for the occasion.
    """
    occasion = occasion_of(template, reader)
    if template == Template.REPLIED and facts.get("related"):
        occasion = reader.choose(RELATED_NOTE)
    said = format_facts(facts, reader)
    is_letter = role == REPORTER and template in LETTERS
    subject = _subject(occasion, said, reader, ranked=not is_letter)
    if facts.get("subject"):
        subject = one_line(facts["subject"])
    if is_letter:
        return RenderedMessage(subject, render_letter(template, facts, reader) + "\n")
    if facts.get(WITHHELD) and template != Template.CHAT:
        words = LEAVE_IT if template == Template.WITHDRAWN else ASK_SECURITY_ROLES
        return _restricted(occasion, said, reader, reader.choose(words))
    if facts.get(WITHHELD):
        return RenderedMessage(reader.choose(RESTRICTED), reader.choose(NOT_SHOWN) + "\n")
    if template == Template.CONTACT_CODE:
        return RenderedMessage(occasion, render_code(facts, reader) + "\n")
    if template == Template.BUNDLE:
        lines = bundle_text.lines_of(facts, lambda name: occasion_of(name, reader), reader)
        return RenderedMessage(bundle_text.subject_of(facts, reader), "\n".join((*lines, "")))
    ask = next_step(template, facts, reader, role)
    text = "\n".join((occasion, "", *_text(facts, said, reader, ask), ""))
    return RenderedMessage(subject, text, ask)


def occasion_of(template: str, reader: MessageReader) -> str:
    """Return the occasion of a message; that of another release has the name of its template."""
    if template in set(Template):
        return reader.choose(OCCASIONS[Template(template)])
    return one_line(template.replace("_", " "))


def _subject(occasion: str, said: Mapping[str, str], reader: MessageReader, *, ranked: bool) -> str:
    """Return a one-line subject: number, priority if `ranked`, occasion and title."""
    rank = f"P{said.get('priority', '?')} " if ranked else ""
    head = f"[{said['number']}] {rank}" if "number" in said else ""
    title = said.get("title", "")
    return f"{head}{occasion}{reader.choose(COLON)}{title}" if title else f"{head}{occasion}"


def _restricted(
    occasion: str, said: Mapping[str, str], reader: MessageReader, ask: str
) -> RenderedMessage:
    """Return the message for somebody who may not see the incident: priority and next step."""
    rank = f"P{said['priority']} " if "priority" in said else ""
    subject = f"{rank}{reader.choose(RESTRICTED)}{reader.choose(COLON)}{occasion}"
    return RenderedMessage(
        subject, "\n".join((subject, "", ask, "", *format_lines(said, {}, reader), "")), ask
    )


def _text(
    facts: Mapping[str, Any], said: Mapping[str, str], reader: MessageReader, ask: str
) -> Iterator[str]:
    """Yield the free text, what to do, the link, the facts, listed records, then long texts."""
    if text := multi_line(facts.get("text") or ""):
        yield from (text, "")
    head = [reader.choose(TO_DO_LINE).format(ask)] if ask else []
    head += [reader.link] if reader.link and "number" in said else []
    if head:
        yield from (*head, "")
    yield from format_lines(said, facts, reader)
    listed = facts.get("listed") or ()
    yield from (_record(one, reader) for one in listed)
    yield from (_gap(one, reader) for one in facts.get("gaps") or ())
    if more := facts.get("more_gaps"):
        yield f"… +{more}"
    if 0 < len(listed) < facts.get("records", 0):
        yield f"… +{facts['records'] - len(listed)}"
    for name, words in (("description", DESCRIPTION), ("solution", SOLUTION)):
        if long := multi_line(facts.get(name) or ""):
            cut = long if len(long) <= MOST_TEXT else long[: MOST_TEXT - 1] + "…"
            yield from ("", reader.choose(words), cut)


def _gap(span: Sequence[Any], reader: MessageReader) -> str:
    """Return a time without anybody on call, on one line."""
    return " – ".join(local_time(one, reader) for one in span)


def _record(facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return one record of a list, on one line."""
    report = facts.get("report")
    standing = _standing(facts, report, reader)
    what = f"{reader.choose(REPORT)} {standing}" if report else standing
    return f"{one_line(facts['number'])} P{facts['priority']} {what}: {one_line(facts['title'])}"


def _standing(facts: Mapping[str, Any], report: str | None, reader: MessageReader) -> str:
    of_it = ReportStatus(report) if report else State(facts["state"])
    return label(of_it, reader.locale)
