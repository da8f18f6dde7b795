"""Facts: the fields of an incident that messages show, bounded in size. Pure."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from gateway.incidents.record import Incident

TEXT, LABELS, LINKS = 2_000, 30, 5
"""Most characters of a text, labels and links that a message carries."""

SAME = ("number", "title", "priority", "service", "state", "assignee_group", "assignee", "handler", "severity", "ci", "kind")

BARE = ("priority", "claimed_priority", "clock", "due_at", "share", "unresolved_for", "locale")
"""Facts that say how urgent an incident is and nothing of which one it is or what it is about."""

WITHHELD = "withheld"
"""The fact that stands for all that a message does not say of an incident that its reader may not see."""


def facts_of(incident: Incident) -> dict[str, Any]:
    """Return the facts of an incident for a message."""
    return {
        **{name: getattr(incident, name) for name in SAME},
        "description": incident.description[:TEXT],
        "labels": {name[:100]: text[:300] for name, text in islice(incident.labels.items(), LABELS)},
        "links": incident.links[:LINKS],
        "resolution": incident.resolution or "",
        "solution": incident.solution[:TEXT],
    }


def bare(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts for those who may not see the incident."""
    return {name: facts[name] for name in BARE if name in facts} | {WITHHELD: True}
