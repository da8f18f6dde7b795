"""The restriction of a record for callers who may read it but not inspect it. Pure.

They are reporters, who see nothing of the work on the record.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.errors import Forbidden

HIDDEN_FIELDS: Mapping[str, Any] = {
    "sla": None,
    "planned_resolution_at": None,
    "resolved_late": None,
    "held_s": None,
    "assignee_group": "",
    "assignee": "",
    "handler": "",
    "tier": "",
    "third_party": "",
    "shelved": None,
    "called_back_by": "",
    "master": None,
    "follows": None,
    "link_reason": None,
    "link_score": None,
    "related_count": 0,
    "storm": False,
    "dedup_key": None,
    "occurrences": 1,
    "refs": {},
    "linked": [],
    "problem": None,
    "change": None,
    "service_request": None,
    "complaints": 0,
    "report": None,
}
"""Fields that need the right `inspect`, with the values that others see instead."""

INSPECT_FILTERS = frozenset(
    {"assignee", "assignee_group", "handler", "tier", "breached", "report", "shelved"}
)
"""Filters of the list that would reveal fields that are not shown."""


def check_filters(query: msgspec.Struct) -> None:
    """Raise Forbidden for a list that is filtered or ordered by fields that are not shown."""
    asked = sorted(name for name in INSPECT_FILTERS if getattr(query, name) is not None)
    if getattr(query, "sort", "") == "next_due":
        asked.append("sort=next_due")
    if asked:
        raise Forbidden(
            f"your roles do not include inspect, which this asks for: {', '.join(asked)}"
        )
