"""docs/messages.md names every message."""

from pathlib import Path

from gateway.notify.reporter_letters import LETTERS

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text("utf-8")


def test_every_letter_to_reporters_stands_there() -> None:
    part = PAGE.partition("## Reporters")[2]
    assert [name for name in LETTERS if f"| `{name}` |" not in part] == []
