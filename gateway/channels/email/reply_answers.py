"""The mails that answer the commands of staff in their replies, and the help that they get once."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.access.principal import Principal
from gateway.channels.email.acknowledgement import SAFE_ID
from gateway.channels.email.parsing.letter import ParsedMail, id_hash
from gateway.errors import Conflict, Forbidden, GatewayError, IllegalTransition, Unprocessable
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import LOCALES, Locale, state_label
from gateway.incidents.record import Incident, Notice
from gateway.incidents.staleness import StaleAction
from gateway.notify.texts.templates import Template
from gateway.operations.unit_of_work import Transaction

REFUSALS = (Conflict, Forbidden, IllegalTransition, Unprocessable)
"""The errors with which a command is refused; its words are then kept as a note."""

ANSWERS: Mapping[str, tuple[str, str]] = {
    "accept": ("Done: you have {number} now.", "已执行：{number} 已由你接手。"),
    "decline": ("Noted: the next are called about {number}.", "已记下：{number} 已呼叫下一位。"),
    "release": ("Done: you gave {number} back.", "已执行：{number} 已交回。"),
    "note": ("The note is added to {number}.", "备注已添加到 {number}。"),
    "resolve": ("Done: {number} is resolved.", "已执行：{number} 已解决。"),
    "stale_reopened": (
        "Nothing was done: {number} was opened again at {at}, after the message that you answered.",
        "未执行：你所回复的消息发出后，{number} 已于 {at} 重新打开。",
    ),
    "stale_raised": (
        (
            "Nothing was done: {number} became more urgent at {at}, after the message that you "
            "answered."
        ),
        "未执行：你所回复的消息发出后，{number} 已于 {at} 提高优先级。",
    ),
    "stale_taken": (
        "Nothing was done: {by} took {number} at {at}.",
        "未执行：{by} 已于 {at} 接手 {number}。",
    ),
    "taken": (
        "Nothing was done: {handler} has {number} already.",
        "未执行：{number} 已由 {handler} 接手。",
    ),
    "forbidden": (
        "Nothing was done: your roles do not let you do this to {number}.",
        "未执行：你的角色无权对 {number} 执行此操作。",
    ),
    "state": (
        "Nothing was done: {number} is {state}.",
        "未执行：{number} 目前为“{state}”。",
    ),
    "incomplete": (
        "Nothing was done: {number} lacks something that is needed first.",
        "未执行：{number} 缺少必填内容。",
    ),
    "kept": ("Your words are kept as a note.", "你写的内容已保存为备注。"),
    "help": (
        (
            "Your reply is kept as a note of {number}. To act by mail, write one of these as the "
            "first line of a reply:\n\n"
            "ack\ndecline: WHY\nrelease: WHY\nnote: TEXT\nresolve: HOW IT WAS SOLVED\n\n"
            "You are told this once about this record."
        ),
        (
            "你的回复已保存为 {number} 的备注。如需通过邮件操作，请在回复的第一行写：\n\n"
            "接手\n接不了：原因\n交回：原因\n备注：内容\n解决：处理方法\n\n"
            "关于此记录仅提示一次。"
        ),
    ),
}
"""The answers by name, in both languages."""

ONCE = "mail_help"
"""The cause of the help: of one record there is one such message to one address."""


def answer_text(name: str, locale: Locale, **facts: object) -> str:
    """Return an answer in this language."""
    return ANSWERS[name][LOCALES.index(locale)].format(**facts)


def refusal_words(error: GatewayError, incident: Incident, locale: Locale, zone: str) -> str:
    """Return why nothing was done, and that the words of the reply are kept."""
    number, handler = incident.number, incident.handler
    match error:
        case StaleAction(stale=stale):
            at = f"{_local(stale.at, zone):%Y-%m-%d %H:%M} {zone}"
            said = answer_text(f"stale_{stale.reason}", locale, number=number, at=at, by=stale.by)
        case Conflict():
            said = answer_text("taken", locale, number=number, handler=handler)
        case IllegalTransition():
            state = state_label(incident.state, incident.kind, locale)
            said = answer_text("state", locale, number=number, state=state)
        case Forbidden():
            said = answer_text("forbidden", locale, number=number)
        case _:
            said = answer_text("incomplete", locale, number=number)
    return f"{said}\n\n{answer_text('kept', locale)}"


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


async def send_answer(
    tx: Transaction,
    letter: ParsedMail,
    incident: Incident,
    who: Principal,
    locale: Locale,
    text: str,
    *,
    cause: str = "",
) -> None:
    """Queue the answer to a reply, in the thread of the mail; with a `cause` once for it."""
    facts = {
        "number": incident.number,
        "priority": incident.priority,
        "title": incident.title,
        "state": incident.state,
        "kind": incident.kind,
        "handler": incident.handler,
        "locale": locale,
        "text": text,
        "to_do": "",
    }
    if SAFE_ID.fullmatch(letter.message_id):
        facts["answers"] = letter.message_id
    notice = Notice(
        cause=cause or f"mail_answer:{id_hash(letter.known_by).hex()}",
        target=f"smtp:{who.contact}",
        role="staff",
        template=Template.CHAT,
        facts=facts,
    )
    await queue_notices(tx.conn, [(incident.id, notice)], tx.now)
