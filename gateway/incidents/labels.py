"""The texts that people read for the values of enumerations, in both languages. Pure.

See docs/process.md.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from gateway.directory.roles import GroupTier, Role
from gateway.vocabulary import (
    AlertStatus,
    ArticleState,
    Channel,
    Closure,
    Criticality,
    FieldType,
    HoldReason,
    Impact,
    Kind,
    LeaderOutcome,
    LinkKind,
    Outcome,
    ReportStatus,
    RequestCategory,
    Resolution,
    ShelvingEnd,
    ShelvingEvent,
    State,
    Tier,
    Urgency,
)

Locale = Literal["en", "zh-CN"]
LOCALES: tuple[Locale, ...] = ("en", "zh-CN")

LABELS: Mapping[type[StrEnum], Mapping[str, tuple[str, str]]] = {
    State: {
        State.LOGGED: ("at the service desk", "服务台受理"),
        State.ASSIGNED: ("assigned", "待响应"),
        State.IN_PROGRESS: ("in progress", "受理中"),
        State.ON_HOLD: ("on hold", "挂起"),
        State.ESCALATED: ("escalated", "升级处理中"),
        State.RESOLVED: ("resolved", "已解决"),
        State.CLOSED: ("closed", "已关闭"),
        State.REJECTED: ("rejected", "驳回"),
    },
    Kind: {
        Kind.INCIDENT: ("incident", "事件"),
        Kind.SERVICE_REQUEST: ("service request", "服务请求"),
    },
    RequestCategory: {
        RequestCategory.INFORMATION: ("information", "信息咨询"),
        RequestCategory.HARDWARE_SOFTWARE: ("hardware and software", "软硬件管理"),
        RequestCategory.ACCESS: ("access", "访问请求"),
        RequestCategory.STANDARD_CHANGE: ("standard change", "标准变更"),
    },
    HoldReason: {
        HoldReason.AWAITING_USER: ("waiting for the user", "等待用户"),
        HoldReason.USER_UNREACHABLE: ("user cannot be reached", "联系不上用户"),
        HoldReason.AWAITING_VENDOR: ("waiting for the vendor", "等待供应商"),
        HoldReason.FORCE_MAJEURE: ("force majeure", "不可抗力"),
    },
    ShelvingEvent: {
        ShelvingEvent.PRIORITY_RAISED: ("its priority is raised", "优先级提高"),
        ShelvingEvent.FIRED_AGAIN: ("its alert fires again", "告警再次触发"),
        ShelvingEvent.REPLY: ("its reporter replies", "报障人回复"),
    },
    ShelvingEnd: {
        ShelvingEnd.TIME: ("its time has come", "已到期"),
        ShelvingEnd.PERSON: ("somebody took it up again", "已由人员恢复"),
        ShelvingEnd.PRIORITY_RAISED: ("its priority was raised", "优先级已提高"),
        ShelvingEnd.DECLARED_MAJOR: ("it was declared major", "已定为重大事件"),
        ShelvingEnd.FIRED_AGAIN: ("its alert fires again", "告警再次触发"),
        ShelvingEnd.REPLY: ("its reporter replied", "报障人已回复"),
    },
    Resolution: {
        Resolution.SOLVED: ("solved", "成功解决"),
        Resolution.WORKAROUND: ("workaround", "变通方法解决"),
        Resolution.VANISHED: ("vanished", "事件消失"),
        Resolution.CANCELLED: ("cancelled by the user", "用户取消"),
    },
    Closure: {
        Closure.MANUAL: ("closed by a person", "手动关闭"),
        Closure.AUTOMATIC: ("closed automatically", "自动关闭"),
    },
    LeaderOutcome: {
        LeaderOutcome.REACHED: ("has been told", "已告知"),
        LeaderOutcome.NOT_REACHED: ("could not be reached", "未联系上"),
    },
    LinkKind: {
        LinkKind.PROBLEM: ("problem", "问题"),
        LinkKind.CHANGE: ("change", "变更"),
        LinkKind.SERVICE_REQUEST: ("service request", "服务请求"),
        LinkKind.SPARE_PART: ("spare part", "备件"),
        LinkKind.KNOWLEDGE: ("knowledge", "知识"),
    },
    ArticleState: {
        ArticleState.DRAFT: ("draft", "草稿"),
        ArticleState.PUBLISHED: ("published", "已发布"),
        ArticleState.RETIRED: ("retired", "已停用"),
    },
    ReportStatus: {
        ReportStatus.DUE: ("due", "待编写"),
        ReportStatus.WRITTEN: ("written, to be approved", "待审批"),
        ReportStatus.APPROVED: ("approved", "已审批"),
    },
    Impact: {
        Impact.BUSINESS: ("the company's business", "影响公司业务"),
        Impact.COMPANY: ("the company", "影响公司"),
        Impact.GROUP: ("a group", "影响到组"),
        Impact.INDIVIDUAL: ("one person", "影响个人"),
    },
    Urgency: {
        Urgency.URGENT: ("urgent", "紧急"),
        Urgency.HIGH: ("high", "高"),
        Urgency.NORMAL: ("normal", "正常"),
        Urgency.LOW: ("low", "低"),
    },
    Tier: {
        Tier.DESK: ("service desk", "一线"),
        Tier.SECOND: ("tier 2", "二线"),
        Tier.THIRD: ("tier 3", "三线"),
        Tier.VENDOR: ("vendor", "供应商"),
    },
    Role: {
        Role.REPORTER: ("reporter", "报障人"),
        Role.SERVICE_DESK: ("service desk", "服务台/一线"),
        Role.TIER2: ("tier-2 engineer", "二线"),
        Role.TIER3: ("tier-3 engineer", "三线"),
        Role.INCIDENT_MANAGER: ("incident manager", "事件经理"),
        Role.LEADER: ("leader", "分管领导"),
        Role.ADMINISTRATOR: ("administrator", "管理员"),
        Role.SECURITY: ("security officer", "信息安全员"),
    },
    Criticality: {
        Criticality.CRITICAL: ("critical", "关键"),
        Criticality.HIGH: ("high", "重要"),
        Criticality.NORMAL: ("normal", "一般"),
        Criticality.LOW: ("low", "次要"),
    },
    Channel: {
        Channel.EMAIL: ("e-mail", "邮件"),
        Channel.PHONE: ("telephone", "电话"),
        Channel.APP: ("application", "应用"),
        Channel.MONITORING: ("monitoring", "监控"),
        Channel.WEB: ("web", "网页"),
        Channel.WECHAT: ("WeChat", "微信"),
        Channel.WALK_IN: ("in person", "上门"),
        Channel.FAX: ("fax", "传真"),
        Channel.CHAT: ("chat", "聊天"),
    },
    FieldType: {
        FieldType.TEXT: ("text", "文本"),
        FieldType.NUMBER: ("number", "数字"),
        FieldType.DATE: ("date", "日期"),
        FieldType.CHOICE: ("choice", "选项"),
        FieldType.BOOLEAN: ("yes or no", "是/否"),
    },
    AlertStatus: {
        AlertStatus.FIRING: ("firing", "告警中"),
        AlertStatus.RESOLVED: ("cleared", "已恢复"),
        AlertStatus.ACKNOWLEDGED: ("acknowledged", "已确认"),
        AlertStatus.UNACKNOWLEDGED: ("acknowledgement withdrawn", "已取消确认"),
        AlertStatus.COMMENTED: ("commented", "有备注"),
    },
    Outcome: {
        Outcome.OPENED: ("opened a record", "新建"),
        Outcome.REPEATED: ("repeated", "重复"),
        Outcome.RELATED: ("related to a master", "关联"),
        Outcome.FOLDED: ("folded into a storm", "并入风暴"),
        Outcome.REOPENED: ("reopened", "重新打开"),
        Outcome.ADDED: ("added to a record", "补充到记录"),
        Outcome.CLEARED: ("cleared", "已恢复"),
        Outcome.ACKNOWLEDGED: ("acknowledged", "已确认"),
        Outcome.UNACKNOWLEDGED: ("acknowledgement withdrawn", "已取消确认"),
        Outcome.SUPPRESSED: ("held back by a silence or maintenance", "已抑制"),
        Outcome.STALE: ("out of date", "已过期"),
        Outcome.IGNORED: ("ignored", "忽略"),
        Outcome.SET_ASIDE: ("set aside", "已搁置"),
        Outcome.DUPLICATE: ("delivered before", "重复投递"),
        Outcome.QUARANTINED: ("not understood", "已隔离"),
    },
    GroupTier: {
        GroupTier.DESK: ("service desk", "服务台"),
        GroupTier.TIER2: ("tier-2 group", "二线组"),
        GroupTier.TIER3: ("tier-3 group", "三线组"),
    },
}
REQUEST_STATES: Mapping[State, tuple[str, str]] = {
    State.IN_PROGRESS: ("being fulfilled", "处理中"),
    State.RESOLVED: ("fulfilled", "已完成"),
}
"""The texts for states of a service request that differ from an incident's."""

SATISFACTION: Mapping[int, tuple[str, str]] = {
    3: ("satisfied", "满意"),
    2: ("so-so", "一般"),
    1: ("not satisfied", "不满意"),
}
"""The texts for a reporter's rating."""

CLOCKS: Mapping[str, tuple[str, str]] = {
    "response": ("response", "响应"),
    "desk": ("desk hand-over", "一线转出"),
    "tier2": ("tier-2 resolution", "二线解决"),
    "escalated": ("escalated resolution", "升级解决"),
    "overall": ("overall resolution", "整体解决"),
}
"""The texts for the clocks, by name."""


def label(value: StrEnum, locale: Locale) -> str:
    """Return the text for a value; raises KeyError for an enumeration without texts."""
    return LABELS[type(value)][value][LOCALES.index(locale)]


def state_label(state: State, kind: str, locale: Locale) -> str:
    """Return the text for the state of a record of this kind."""
    words = REQUEST_STATES.get(state) if kind == Kind.SERVICE_REQUEST else None
    return (words or LABELS[State][state])[LOCALES.index(locale)]


def clock_label(clock: str, locale: Locale) -> str:
    """Return the text for a clock, or an unknown name itself."""
    return CLOCKS.get(clock, (clock, clock))[LOCALES.index(locale)]
