"""The facts of a record as lines of a message, named in the reader's language. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gateway.incidents.labels import clock_label, label, state_label
from gateway.notify.texts.phrases import (
    MessageReader,
    local_and_relative_time,
    local_time,
    one_line,
)
from gateway.vocabulary import Kind, Resolution, ShelvingEnd, State

LINES: Mapping[str, tuple[str, str]] = {
    "number": ("Incident: {}", "事件编号：{}"),
    "sender": ("Sender: {}", "发件人：{}"),
    "related": ("From its related incident {}", "来自关联事件 {}"),
    "about": ("Your incident {} follows this one", "您的事件 {} 由本事件引起"),
    "priority": ("Priority: {}", "优先级：{}"),
    "was_priority": ("Priority before: {}", "原优先级：{}"),
    "raised_by": ("Raised by its related incident {}", "因关联事件 {} 而提高"),
    "left_master": ("No longer related to its master {}", "不再关联主事件 {}"),
    "claimed_priority": ("Claimed by the reporter: P{}", "报障人自述：P{}"),
    "title": ("Title: {}", "标题：{}"),
    "service": ("Service: {}", "服务：{}"),
    "ci": ("Configuration item: {}", "配置项：{}"),
    "severity": ("Severity: {}", "严重程度：{}"),
    "state": ("State: {}", "状态：{}"),
    "clock": ("Clock: {}", "时限：{}"),
    "due_at": ("Due: {}", "应完成时间：{}"),
    "unresolved_for": ("Unresolved for (h:mm:ss): {}", "未解决时长（时:分:秒）：{}"),
    "share": ("Target used: {}", "已用时限：{}"),
    "resolution": ("Resolution: {}", "解决代码：{}"),
    "assignee_group": ("Group: {}", "受理组：{}"),
    "assignee": ("Assignee: {}", "受理人：{}"),
    "handler": ("Handled by: {}", "处理人：{}"),
    "escalation": ("Called by the escalation policy: {}", "按升级策略呼叫：{}"),
    "left_by": ("Left by: {}", "接不了的人：{}"),
    "reason": ("Reason: {}", "原因：{}"),
    "shelved_by": ("Shelved by: {}", "暂缓操作人：{}"),
    "shelved_until": ("Shelved until: {}", "暂缓至：{}"),
    "returned_because": ("Returned because: {}", "结束原因：{}"),
    "next_update_due_at": ("Next update due: {}", "下次通报时间：{}"),
    "group": ("Group: {}", "班组：{}"),
    "ends_at": ("Shift ends: {}", "班次结束：{}"),
    "on_call_from": ("From: {}", "开始：{}"),
    "on_call_to": ("To: {}", "结束：{}"),
    "on_call": ("On call: {}", "值班人：{}"),
    "instead_of": ("Instead of: {}", "代替：{}"),
    "given_by": ("Gives a shift: {}", "让出班次的人：{}"),
    "gives_from": ("From: {}", "开始：{}"),
    "gives_to": ("To: {}", "结束：{}"),
    "taken_from": ("Takes it over: {}", "接班的人：{}"),
    "takes_from": ("For the shift from: {}", "换取的班次开始：{}"),
    "takes_to": ("To: {}", "结束：{}"),
    "records": ("Open records: {}", "未结记录：{}"),
    "labels": ("Labels: {}", "标签：{}"),
}
"""The lines of a message, in this order; a fact that is missing or empty has none."""

RUNBOOK = "runbook"
LINK = ("Link: {}", "链接：{}")
RUNBOOK_LINE = ("Runbook: {}", "处理手册：{}")

MOST_LABELS = 12


def format_facts(facts: Mapping[str, Any], reader: MessageReader) -> dict[str, str]:
    """Return the facts that have a line, in the reader's language and zone."""
    said = {name: _said(name, facts, reader) for name in LINES}
    if said["handler"] == said["assignee"]:
        said["assignee"] = ""
    return {name: text for name, text in said.items() if text}


def format_lines(
    said: Mapping[str, str], facts: Mapping[str, Any], reader: MessageReader
) -> Iterator[str]:
    """Yield the line of each value, then the links that the alert brought, the runbook first."""
    for name, text in said.items():
        yield reader.choose(LINES[name]).format(text)
    for one in sorted(_links(facts.get("links")), key=lambda link: not _is_runbook(link)):
        words = RUNBOOK_LINE if _is_runbook(one) else LINK
        yield reader.choose(words).format(_address(one.get("href", "")))


def _links(given: Any) -> list[Mapping[str, Any]]:
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    return [one for one in several if isinstance(one, Mapping)]


def _is_runbook(link: Mapping[str, Any]) -> bool:
    return RUNBOOK in str(link.get("text", "")).lower()


def _address(href: object) -> str:
    """Return an address unshortened: one that is cut opens nothing."""
    return "".join(letter for letter in str(href) if letter.isprintable() and letter != " ")


def _said(name: str, facts: Mapping[str, Any], reader: MessageReader) -> str:
    value = facts.get(name)
    if value in (None, "") or (name == "state" and value not in set(State)):
        return ""
    if name == "state":
        return state_label(State(value), str(facts.get("kind", Kind.INCIDENT)), reader.locale)
    return FORMATTERS[name](value, reader) if name in FORMATTERS else one_line(value)


def _resolution(value: Any, reader: MessageReader) -> str:
    return label(Resolution(value), reader.locale) if value in set(Resolution) else one_line(value)


def _share(value: Any, _: MessageReader) -> str:
    return f"{value:.0%}" if isinstance(value, float | int) else one_line(value)


def _shelving_end(value: Any, reader: MessageReader) -> str:
    if value not in set(ShelvingEnd):
        return one_line(value)
    return label(ShelvingEnd(value), reader.locale)


def _labels(value: Any, _: MessageReader) -> str:
    if not isinstance(value, Mapping):
        return ""
    pairs = [f"{one_line(name)}={one_line(text)}" for name, text in value.items()]
    more = f" … +{len(pairs) - MOST_LABELS}" if len(pairs) > MOST_LABELS else ""
    return ", ".join(pairs[:MOST_LABELS]) + more


STEP = ("{policy}, step {step} of {steps}", "{policy}，第 {step} 步，共 {steps} 步")
ROUND = (", round {round}", "，第 {round} 轮")


def _escalation(value: Any, reader: MessageReader) -> str:
    """Return the policy and the step of it that called the reader."""
    if not isinstance(value, Mapping) or "policy" not in value:
        return ""
    said = {name: one_line(value.get(name, "?")) for name in ("policy", "step", "steps", "round")}
    words = reader.choose(STEP) + (reader.choose(ROUND) if value.get("round", 1) != 1 else "")
    return words.format(**said)


UNVERIFIED_SENDER = (
    "not verified, nothing proves that the contact wrote this",
    "未验证，无法证明确为联系人本人所写",
)

FORMATTERS: Mapping[str, Callable[[Any, MessageReader], str]] = {
    "sender": lambda _, reader: reader.choose(UNVERIFIED_SENDER),
    "clock": lambda value, reader: one_line(clock_label(str(value), reader.locale)),
    "due_at": local_and_relative_time,
    "next_update_due_at": local_and_relative_time,
    "ends_at": local_and_relative_time,
    "shelved_until": local_and_relative_time,
    "returned_because": _shelving_end,
    "on_call_from": local_time,
    "on_call_to": local_time,
    "gives_from": local_time,
    "gives_to": local_time,
    "takes_from": local_time,
    "takes_to": local_time,
    "share": _share,
    "resolution": _resolution,
    "labels": _labels,
    "escalation": _escalation,
}
