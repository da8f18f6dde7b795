"""docs/messages.md names every notification and the step that each asks for."""

from pathlib import Path

from gateway.notify.texts.next_steps import FOR_OTHERS, FOR_WORKERS, TO_DO
from gateway.notify.texts.reporter_letters import LETTERS
from gateway.notify.texts.templates import Template

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text("utf-8")
REPORTERS, _, STAFF = PAGE.partition("## Staff")


def test_every_reporter_letter_is_documented() -> None:
    assert [name for name in LETTERS if f"| `{name}` |" not in REPORTERS] == []


def test_every_step_is_documented_verbatim() -> None:
    rows = {
        f"| `{name}` | {TO_DO[step][0]} | {TO_DO[FOR_OTHERS[name]][0]} |"
        for name, step in FOR_WORKERS.items()
    }
    assert [row for row in rows if row not in STAFF] == []


def test_every_message_template_is_documented() -> None:
    assert [name for name in Template if f"`{name}`" not in PAGE] == []
