"""The reasons why actions are refused, in the language of the reader. Pure."""

from collections.abc import Mapping

from gateway.access.record_locations import RecordLocation
from gateway.directory.roles import Role
from gateway.incidents.labels import Locale, label, state_label
from gateway.incidents.record import Incident
from gateway.operations.actions.available_actions import Refusal
from gateway.vocabulary import State

ACTION_LABELS: Mapping[str, tuple[str, str]] = {
    "acknowledge": ("acknowledge", "响应"),
    "accept": ("take it", "接手"),
    "assign": ("assign", "转派"),
    "decline": ("decline", "接不了"),
    "release": ("give it back", "交回"),
    "return": ("return to the desk", "退回服务台"),
    "hold": ("put on hold", "挂起"),
    "resume": ("resume", "恢复"),
    "shelve": ("shelve", "暂缓"),
    "unshelve": ("take up again", "结束暂缓"),
    "escalate": ("escalate", "升级"),
    "resolve": ("resolve", "解决"),
    "confirm": ("confirm the solution", "确认解决"),
    "refuse": ("refuse the solution", "未解决"),
    "close": ("close", "关闭"),
    "reject": ("reject", "驳回"),
    "declare_major": ("declare major", "定为重大事件"),
    "note": ("add a note", "备注"),
    "rate": ("rate", "评价"),
    "call_back": ("record a call back", "登记回访"),
    "grade": ("confirm the grade", "确认级别"),
}
"""The actions in a few words, in both languages."""

REFUSALS: Mapping[str, tuple[str, str]] = {
    "roles": (
        "Your roles ({limits}) do not include this.",
        "你的角色（{limits}）不包含此操作。",
    ),
    "location": (
        "Your roles allow this only for a record that is {limits}.",
        "你的角色只允许对以下记录执行：{limits}。",
    ),
    "role_states": (
        "Your roles allow this only while a record is: {limits}.",
        "你的角色只允许在以下状态执行：{limits}。",
    ),
    "priorities": (
        "Your roles allow this only for a record of {limits}.",
        "你的角色只允许对 {limits} 的记录执行。",
    ),
    "state": (
        "It is {state}; this is possible only while it is: {limits}.",
        "当前状态为“{state}”，只有在以下状态才能执行：{limits}。",
    ),
    "taken": (
        "{limits} has it already. Assign it to take it over.",
        "{limits} 已接手，如需接管请转派。",
    ),
    "not_called": (
        "You were not told of it and do not have it: there is nothing to decline.",
        "你未收到通知，也不是处理人，无需谢绝。",
    ),
    "not_taken": (
        "You do not have it, so you cannot give it back.",
        "你不是处理人，无法交回。",
    ),
    "not_shelved": (
        "It is not shelved: there is nothing to take up again.",
        "该记录未暂缓，无需结束暂缓。",
    ),
    "no_claim": (
        "It claims no urgency that is still to be judged.",
        "没有待评定的级别。",
    ),
    "scope": (
        "The key lacks the scope `write`.",
        "密钥缺少 `write` 范围。",
    ),
    "service_request": (
        "It is a service request: convert it to an incident first.",
        "这是服务请求：请先转为事件。",
    ),
}
"""The sentence of each code of a refusal."""

LOCATIONS: Mapping[str, str] = {
    RecordLocation.ANY: "所有记录",
    RecordLocation.OWN: "自己登记或报障的记录",
    RecordLocation.DESK: "服务台的记录",
    RecordLocation.SECOND: "二线或供应商的记录",
    RecordLocation.BEYOND_DESK: "二线、三线或供应商的记录",
    RecordLocation.HANDLED: "自己处理的记录",
    RecordLocation.THIRD: "三线的记录，或已交给自己或本组的供应商记录",
    RecordLocation.PAGED: "升级策略已呼叫自己的记录",
    RecordLocation.FLAGGED: "已标记为安全事件的记录",
}
"""The locations of records in Chinese; in English they are their own words."""

NO_ROLE = ("none", "无")


def refusal_text(refusal: Refusal, incident: Incident, locale: Locale) -> str:
    """Return the reason of a refusal in this language."""
    chinese = locale == "zh-CN"
    words = [_limit(one, incident, locale) for one in refusal.limits] or [NO_ROLE[chinese]]
    state = state_label(incident.state, incident.kind, locale)
    limits = ("、" if chinese else ", ").join(words)
    return REFUSALS[refusal.code][chinese].format(state=state, limits=limits)


def _limit(value: str, incident: Incident, locale: Locale) -> str:
    if value in set(State):
        return state_label(State(value), incident.kind, locale)
    if value in set(Role):
        return label(Role(value), locale)
    return LOCATIONS.get(value, value) if locale == "zh-CN" else value
