"""The tables of docs/process.md match those of the product."""

from pathlib import Path

from gateway.incidents.labels import LABELS
from gateway.incidents.lifecycle import ACTIONS, BACK, FREED, SAME, TRANSITIONS, Target
from gateway.vocabulary import (
    PRIORITIES,
    ArticleState,
    Channel,
    Closure,
    HoldReason,
    Impact,
    Kind,
    LeaderOutcome,
    LinkKind,
    ReportStatus,
    RequestCategory,
    Resolution,
    State,
    Tier,
    Urgency,
)

PAGE = Path(__file__).parents[1] / "docs" / "process.md"
WORDS: dict[Target, str] = {
    SAME: "stays as it is",
    BACK: "back to where it was",
    FREED: "`assigned` to its group, else `logged`; as it is while somebody else has it",
}


def expected() -> dict[str, list[str]]:
    """Return the expected rows of each table of the page, by its head."""
    tables = {
        f"| {kind.__name__} | en | zh-CN |": [
            f"| `{v}` | {LABELS[kind][v][0]} | {LABELS[kind][v][1]} |" for v in kind
        ]
        for kind in (
            Kind,
            RequestCategory,
            State,
            HoldReason,
            Resolution,
            Closure,
            LeaderOutcome,
            ReportStatus,
            Impact,
            Urgency,
            Tier,
            Channel,
            LinkKind,
            ArticleState,
        )
    }
    tables["| impact | urgent | high | normal | low |"] = [
        f"| `{impact}` | "
        + " | ".join(str(PRIORITIES[impact][urgency]) for urgency in Urgency)
        + " |"
        for impact in Impact
    ]
    tables["| action | from | to |"] = [
        f"| `{name}` "
        f"| {', '.join(f'`{state}`' for state in State if state in row and row[state] == to)} "
        f"| {told(to)} |"
        for name, command in ACTIONS.items()
        for row in [TRANSITIONS[command]]
        for to in dict.fromkeys(row.values())
    ]
    return tables


def told(to: Target) -> str:
    return WORDS.get(to) or f"`{to}`"


def test_process_page_tables_match_product() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    for head, rows in expected().items():
        at = lines.index(head) + 2
        assert lines[at : at + len(rows)] == rows
        assert not any(line.startswith("|") for line in lines[at + len(rows) : at + len(rows) + 1])
