"""Messages of the watch name the trouble, what goes on and what is over, in both languages."""

from gateway.vocabulary import SelfCheck
from gateway.watch.checks import DatabaseFigures
from gateway.watch.troubles import Report
from gateway.watch.words import CHECKS, compose
from tests.support.clock import NOON

DATABASE, TIMERS = SelfCheck.DATABASE, SelfCheck.TIMERS
FIGURES = DatabaseFigures(NOON, overdue=3, silent=1)


def test_every_check_has_words_in_both_languages() -> None:
    assert CHECKS.keys() == set(SelfCheck)
    assert all(english.isascii() and not chinese.isascii() for english, chinese in CHECKS.values())


def test_new_trouble_is_the_subject_and_last_known_figures_follow() -> None:
    report = Report((DATABASE,), (TIMERS,), ())
    message = compose("gw1", report, {DATABASE: "no answer"}, FIGURES, "en")
    assert message.subject == "[gw1] trouble: PostgreSQL cannot be written to"
    assert message.text.splitlines() == [
        "trouble: PostgreSQL cannot be written to (no answer)",
        "still: timers do not fire",
        "",
        "Last known of the database (2026-03-02 12:00:00 UTC): overdue timers 3, silent records 1",
        "",
        "What to do: docs/runbooks/gateway-troubled.md",
    ]


def test_end_of_trouble_asks_for_nothing() -> None:
    message = compose("gw1", Report((), (), (DATABASE,)), {}, FIGURES, "zh-CN")
    assert message.subject == "[gw1] 已恢复: PostgreSQL 无法写入"
    assert message.text == "已恢复: PostgreSQL 无法写入\n"


def test_repeated_trouble_without_known_figures_is_told() -> None:
    message = compose("gw1", Report((), (DATABASE,), ()), {}, None, "en")
    assert message.subject == "[gw1] still: PostgreSQL cannot be written to"
    assert "Last known" not in message.text
