"""The rows of the process's tables, each of which is shown by a scenario.

The tables are in docs/process.md and docs/sla.md.
"""

from itertools import product

import pytest

from gateway.directory.roles import Role
from gateway.incidents.problem_candidates import ProblemReason
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    LinkKind,
    RequestCategory,
    Resolution,
    State,
)

POLICIES = ("itil-minutes", "business-hours")

ROWS: tuple[str, ...] = (
    *(f"word/{word}" for word in (
        "incident", "service request", "security incident", "major incident",
        "technical escalation", "management escalation", "response time", "target time", "on hold",
        "workaround", "configuration item", "master and related",
    )),
    *(f"role/{role}" for role in (*Role, "vendor")),
    *(f"priority/{impact}" for impact in Impact),
    *(f"grade/{grade}" for grade in ("A", "B", "C", "D")),
    *(f"state/{state}" for state in State),
    *(f"hold/{reason}" for reason in HoldReason),
    *(f"resolution/{resolution}" for resolution in Resolution),
    *(f"closure/{closure}" for closure in Closure),
    *(f"satisfaction/{rating}" for rating in (3, 2, 1)),
    *(f"request/{category}" for category in RequestCategory),
    *(f"target/{policy}/{priority}" for policy, priority in product(POLICIES, (1, 2, 3, 4))),
    *(f"target/severity-ladder/{grade}" for grade in ("major", "general", "minor")),
    *(f"target/requests/{urgency}" for urgency in ("urgent", "normal")),
    "target/service's own", "clock/pauses on hold", "clock/new priority", "clock/vendor",
    "clock/response", "escalation/1, 2", "escalation/3, 4", "escalation/warnings",
    "rule/desk solves at once", "rule/refused solution", "rule/follow-on", "rule/late entry",
    "rule/late entry overridden", "rule/who, when, why", "rule/master resolves related",
    "rule/automatic close",
    *(f"candidate/{reason}" for reason in ProblemReason),
    *(f"link/{kind}" for kind in LinkKind),
    "follows/knowledge", "follows/similar", "follows/complaint",
    "hand-over/list", "hand-over/acceptance", "hand-over/told", "hand-over/reminded",
    "major/declared", "major/leader told", "major/status update", "major/update overdue",
    "major/report", "major/report reopened", "major/report handed over", "escalation/acknowledged",
    "escalation/undelivered",
)  # fmt: skip
"""The rows, each as its table's name and its own."""


def shows(*rows: str) -> pytest.MarkDecorator:
    """Return a marker for the scenario that shows these rows."""
    return pytest.mark.shows(*rows)
