"""Facts: the fields of an incident that messages show, bounded in size. Pure."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from gateway.incidents.field_traits import Trait, fields_with
from gateway.incidents.record import Incident

TEXT, LABELS, LINKS = 2_000, 30, 5
"""The limits of a message: characters of a text, labels, and links."""

COPIED_FIELDS = fields_with(Incident, Trait.IN_MESSAGES)

UNREVEALING_FACTS = (
    "priority",
    "claimed_priority",
    "clock",
    "due_at",
    "share",
    "unresolved_for",
    "locale",
)
"""The facts that tell the urgency of an incident, but not which one it is or its subject."""

WITHHELD = "withheld"
"""The fact that marks a message as shortened, because its reader may not see the incident."""


def facts_of(incident: Incident) -> dict[str, Any]:
    """Return the facts of an incident for a message."""
    return {
        **{name: getattr(incident, name) for name in COPIED_FIELDS},
        "description": incident.description[:TEXT],
        "labels": {
            name[:100]: text[:300] for name, text in islice(incident.labels.items(), LABELS)
        },
        "links": incident.links[:LINKS],
        "resolution": incident.resolution or "",
        "solution": incident.solution[:TEXT],
    }


def withhold_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts for those who may not see the incident."""
    return {name: facts[name] for name in UNREVEALING_FACTS if name in facts} | {WITHHELD: True}
