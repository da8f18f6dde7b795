"""The requests about one alert, and the changes to its record that they ask for. Pure.

Closing and acknowledging go through intake like any alert; everything else changes the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.errors import Flaw, Unprocessable
from gateway.incidents import commands
from gateway.vocabulary import Tier

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
"""Opsgenie's five priorities, for our four."""


HIDDEN = frozenset({"tags", "source", "user"})
"""Labels that are shown as fields of their own, not as details."""


class Named(msgspec.Struct):
    """A user, team or escalation, named by whichever field the sender knows."""

    id: str | None = None
    name: str | None = None
    username: str | None = None

    @property
    def text(self) -> str:
        """The name by which it is found."""
        return self.username or self.name or self.id or ""


class Told(msgspec.Struct, rename="camel"):
    """The body of a request about one alert; the fields that count depend on the request."""

    user: str | None = None
    note: str | None = None
    source: str | None = None
    tags: list[str] | str | None = None
    details: dict[str, str] | None = None
    keys: str | None = None
    owner: Named | None = None
    escalation: Named | None = None
    end_time: str | None = None
    message: str | None = None
    description: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Assignee:
    """A change that assigns the record to the person with this log-in name or e-mail address."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that edits these fields of the record."""

    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Priority:
    """A change of the alert's priority; `word` is the sender's value for it."""

    word: str


Change = commands.Command | Assignee | Edit | Priority


@dataclass(frozen=True, slots=True)
class Asking:
    """A kind of request: its name, the status text when it is done, and the change it makes."""

    name: str
    done: str
    change: Callable[[Told, Mapping[str, str]], Change]


def said(told: Told, text: str) -> str:
    """Return a text for the timeline, prefixed with the person the sender names."""
    return f"{told.user}: {text}" if told.user else text


def needed(value: str | None, name: str) -> str:
    """Return the value; raises Unprocessable when it is empty."""
    if not (value or "").strip():
        raise Unprocessable(f"{name} can not be empty", flaws=(Flaw(f"/{name}", f"{name} can not be empty."),))
    return (value or "").strip()


def tags_of(labels: Mapping[str, str]) -> list[str]:
    """Return the tags of an alert, which are stored in one label."""
    return [tag for tag in labels.get("tags", "").split(", ") if tag]


def _wanted(told: Told) -> list[str]:
    given = told.tags.split(",") if isinstance(told.tags, str) else told.tags or []
    clean = [tag.strip() for tag in given if tag.strip()]
    needed(" ".join(clean), "tags")
    return clean


def _tagged(told: Told, labels: Mapping[str, str]) -> Edit:
    tags = dict.fromkeys([*tags_of(labels), *_wanted(told)])
    return Edit({"labels": {**labels, "tags": ", ".join(tags)}})


def _untagged(told: Told, labels: Mapping[str, str]) -> Edit:
    gone = set(_wanted(told))
    return Edit({"labels": {**labels, "tags": ", ".join(tag for tag in tags_of(labels) if tag not in gone)}})


def _detailed(told: Told, labels: Mapping[str, str]) -> Edit:
    given = {name: text for name, text in (told.details or {}).items() if name.strip() and name not in HIDDEN}
    needed(" ".join(given), "details")
    return Edit({"labels": {**labels, **given}})


def _undetailed(told: Told, labels: Mapping[str, str]) -> Edit:
    gone = {name.strip() for name in needed(told.keys, "keys").split(",")} - HIDDEN
    return Edit({"labels": {name: text for name, text in labels.items() if name not in gone}})


def _assigned(told: Told, _: Mapping[str, str]) -> Assignee:
    return Assignee(needed(told.owner.text if told.owner else "", "owner"), said(told, told.note or ""))


def _escalated(told: Told, _: Mapping[str, str]) -> commands.Escalate:
    to = needed(told.escalation.text if told.escalation else "", "escalation")
    return commands.Escalate(to=Tier.THIRD, note=said(told, f"escalated to {to}. {told.note or ''}".strip()))


def _prioritised(told: Told, _: Mapping[str, str]) -> Priority:
    word = (told.priority or "").upper()
    if word not in PRIORITIES:
        raise Unprocessable("no such priority", flaws=(Flaw("/priority", "priority is one of P1, P2, P3, P4 and P5."),))
    return Priority(word)


def _noted(text: Callable[[Told], str]) -> Callable[[Told, Mapping[str, str]], Change]:
    return lambda told, _: commands.Note(note=said(told, text(told)))


def _beside(told: Told, text: str) -> str:
    return f"{text}. {told.note}" if told.note else text


ASKED: Mapping[tuple[str, str], Asking] = {
    ("POST", "notes"): Asking("AddNote", "Added note", _noted(lambda told: needed(told.note, "note"))),
    ("POST", "snooze"): Asking(
        "Snooze", "Snoozed alert", _noted(lambda told: _beside(told, f"snoozed until {needed(told.end_time, 'endTime')}"))
    ),
    ("POST", "tags"): Asking("AddTags", "Added tags", _tagged),
    ("DELETE", "tags"): Asking("RemoveTags", "Removed tags", _untagged),
    ("POST", "details"): Asking("AddDetails", "Added details", _detailed),
    ("DELETE", "details"): Asking("RemoveDetails", "Removed details", _undetailed),
    ("POST", "assign"): Asking("AssignOwnership", "Assigned alert", _assigned),
    ("POST", "escalate"): Asking("EscalateToNext", "Escalated alert", _escalated),
    ("PUT", "message"): Asking(
        "UpdateMessage", "Updated message", lambda told, _: Edit({"title": needed(told.message, "message")[:1000]})
    ),
    ("PUT", "description"): Asking(
        "UpdateDescription", "Updated description", lambda told, _: Edit({"description": (told.description or "")[:15_000]})
    ),
    ("PUT", "priority"): Asking("UpdatePriority", "Updated priority", _prioritised),
}
"""The kinds of requests by method and last part of the path."""
