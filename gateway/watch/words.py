"""The messages of the watch, in both languages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.vocabulary import SelfCheck
from gateway.watch.checks import DatabaseFigures
from gateway.watch.troubles import Report

Translations = tuple[str, str]
"""English and Chinese."""

CHECKS: Mapping[SelfCheck, Translations] = {
    SelfCheck.SERVING: ("the gateway does not serve", "网关无法提供服务"),
    SelfCheck.DATABASE: ("PostgreSQL cannot be written to", "PostgreSQL 无法写入"),
    SelfCheck.TIMERS: ("timers do not fire", "定时器未触发"),
    SelfCheck.INTAKE: ("alerts are not taken in", "无法接收告警"),
    SelfCheck.NOTIFIER: ("messages are not sent", "消息未发送"),
    SelfCheck.TASKS: ("a task of the gateway has failed", "网关后台任务失败"),
    SelfCheck.OVERDUE_TIMERS: ("timers are overdue", "定时器已逾期"),
    SelfCheck.STUCK_OUTBOX: ("the outbox is stuck", "发件箱停滞"),
    SelfCheck.SILENT_RECORDS: ("nobody was told of open incidents", "有未结事件无人知晓"),
    SelfCheck.UNREACHABLE_PEOPLE: ("people on shift cannot be reached", "当班人员无法联系"),
}
"""The trouble that each check means."""

TROUBLE: Translations = ("trouble", "故障")
GOES_ON: Translations = ("still", "仍未恢复")
OVER: Translations = ("over", "已恢复")
LAST_KNOWN: Translations = (
    "Last known of the database ({at}): overdue timers {overdue}, silent records {silent}",
    "数据库最后已知状态（{at}）：逾期定时器 {overdue}，无人知晓的记录 {silent}",
)
RUNBOOK: Translations = (
    "What to do: docs/runbooks/gateway-troubled.md",
    "处理方法见 docs/runbooks/gateway-troubled.md",
)


@dataclass(frozen=True, slots=True)
class WatchMessage:
    """A message of the watch: a subject on one line, and a text."""

    subject: str
    text: str


def compose(
    host: str,
    report: Report,
    details: Mapping[SelfCheck, str],
    last_known: DatabaseFigures | None,
    locale: str,
) -> WatchMessage:
    """Return the message of a report by the gateway on `host`.

    `last_known` are the figures of the database before it went away.
    """
    language = 1 if locale == "zh-CN" else 0
    parts = ((TROUBLE, report.new), (GOES_ON, report.going_on), (OVER, report.over))
    word, checks = next((word, checks) for word, checks in parts if checks)
    named = ", ".join(CHECKS[check][language] for check in checks)
    subject = f"[{host}] {word[language]}: {named}"
    lines = [
        f"{word[language]}: {CHECKS[check][language]}{_detail(details.get(check, ''))}"
        for word, checks in parts
        for check in checks
    ]
    if SelfCheck.DATABASE in report.present and last_known is not None:
        lines += ["", _last_known(last_known)[language]]
    if report.present:
        lines += ["", RUNBOOK[language]]
    return WatchMessage(subject, "\n".join((*lines, "")))


def _detail(detail: str) -> str:
    return f" ({detail})" if detail else ""


def _last_known(figures: DatabaseFigures) -> Translations:
    english, chinese = LAST_KNOWN
    values = {
        "at": _clock_time(figures.at),
        "overdue": figures.overdue,
        "silent": figures.silent,
    }
    return english.format_map(values), chinese.format_map(values)


def _clock_time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
