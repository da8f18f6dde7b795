"""Next steps: one line in each message that says what its reader must do. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.notify.texts.phrases import MessageReader, one_line

TO_DO: Mapping[str, tuple[str, str]] = {
    "accept": ("accept it, or assign it to somebody", "请受理，或派给他人"),
    "work": ("accept it and begin", "请受理并开始处理"),
    "go_on": ("go on with it", "请继续处理"),
    "hurry": ("resolve it before it is due, or hand it on", "请在到期前解决，或转交他人"),
    "late": ("it is overdue: resolve it soon, or hand it on", "已超时：请尽快解决，或转交他人"),
    "step_in": (
        "make sure that somebody is working on it",
        "请确认有人处理并督促进展",
    ),
    "call": (
        "call the people who must act: no message reached them",
        "请电话通知应处理的人员：消息均未送达",
    ),
    "ask_reporter": (
        "ask the reporter whether it is solved, then close it",
        "请回访报障人，确认解决后关闭",
    ),
    "coordinate": (
        "make sure that somebody leads the work and posts status updates",
        "请确认有人牵头处理并发布进展",
    ),
    "read_reply": ("read the reply, and answer it", "请查看回复并答复"),
    "read_note": ("read the note, and take it into account", "请查看备注，并据此处理"),
    "look_after_report": (
        "write the report, or approve it once it is written",
        "请撰写报告，或在完成后审批",
    ),
    "answer_complaint": ("look into the complaint and answer it", "请调查并答复投诉"),
    "find_successor": ("make sure that somebody takes over the shift", "请确认有人接班"),
    "look_through": (
        "look through the work that was handed over or left, and record that you did",
        "请查看交接及遗留的工作，并登记已查看",
    ),
    "answer_swap": ("accept the swap, or refuse it", "请同意或拒绝换班"),
    "cover_gaps": (
        "put somebody on call for these times, or change the schedule",
        "请为这些时段安排值班人员，或调整值班表",
    ),
    "take_over": ("accept the hand-over", "确认接班"),
    "post_update": ("post a status update", "发布进展通报"),
    "judge_reply": (
        (
            "read the reply: reopen it if it is not solved, else add a note, "
            "so that it can close by itself"
        ),
        "请查看回复：如未解决请重新打开，否则请添加备注，以便到期自动关闭",
    ),
    "confirm": ("check whether it is solved, then close it", "请确认是否已解决，然后关闭"),
    "convert": (
        "convert it to an incident or a change, or resolve it",
        "转为事件或变更，或解决该请求",
    ),
    "replace_worker": (
        "assign it to somebody who may see it: whoever has it may not",
        "请改派给有权查看的人员：目前的负责人无权查看",
    ),
    "grade": ("set or confirm its priority", "设定或确认优先级"),
    "tell_leader": (
        "tell the leader, and write in the record that you did",
        "通知分管领导，并在记录中登记",
    ),
}
"""Steps by name; a fact `to_do` that names one takes precedence over the step of the occasion."""

WORKERS = frozenset(
    {"on_call", "service_desk", "tier2", "tier3", "group", "handler", "assignee", "owner"}
)
"""Roles of recipients who work on records; all others make sure that somebody does."""

FOR_WORKERS: Mapping[str, str] = {
    "opened": "accept",
    "raised": "accept",
    "assigned": "work",
    "escalated": "work",
    "returned": "accept",
    "declined": "accept",
    "released": "accept",
    "resumed": "go_on",
    "unshelved": "go_on",
    "reopened": "go_on",
    "sla_warning": "hurry",
    "sla_breached": "late",
    "unresolved": "late",
    "unacknowledged": "accept",
    "forgotten": "go_on",
    "major": "go_on",
    "undelivered": "call",
    "replied": "read_reply",
    "major_report": "look_after_report",
    "complaint": "answer_complaint",
    "handover_late": "find_successor",
    "swap_proposed": "answer_swap",
}

FOR_OTHERS: Mapping[str, str] = {
    **dict.fromkeys(FOR_WORKERS, "step_in"),
    "major": "coordinate",
    "undelivered": "call",
    "replied": "read_reply",
    "major_report": "look_after_report",
    "complaint": "answer_complaint",
    "handover_late": "find_successor",
    "swap_proposed": "answer_swap",
}

START_STEPS = frozenset({"accept", "work"})
"""Steps that somebody who works on the record already has behind them."""


def next_step(template: str, facts: Mapping[str, Any], reader: MessageReader, role: str) -> str:
    """Return the next step for a reader with this role, "" if there is none.

    An empty fact `to_do` requests nothing of those who work on records: somebody else has the
    record.
    """
    named = facts.get("to_do")
    if not named:
        named = _usual(template, facts, asked=named is None, works=role in WORKERS)
    words = TO_DO.get(str(named))
    return one_line(named) if words is None else reader.choose(words)


def _usual(template: str, facts: Mapping[str, Any], *, asked: bool, works: bool) -> str:
    """Return the step that follows from the occasion."""
    if not works:
        return FOR_OTHERS.get(template, "")
    step = FOR_WORKERS.get(template, "") if asked else ""
    if step == "go_on" and facts.get("state") == "assigned":
        return "work"
    return "go_on" if step in START_STEPS and facts.get("state") == "in_progress" else step
