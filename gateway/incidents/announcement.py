"""Announcements: notifications of an incident's change whose recipients are roles. Pure.

The rules name roles, such as "the incident manager" or "the handler"; `addressing` finds the
addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

OWN = ("handler", "assignee", "group", "owner", "reporter")
"""The recipients that are an incident's own people at the time."""


ON_CALL = "on_call"
"""The role of those whom an escalation policy calls."""


class CallChoice(StrEnum):
    """The choice among the people of a recipient: all, one in turn, or who has the least work."""

    ALL = "all"
    NEXT = "next"
    LEAST_LOADED = "least_loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A role to notify: everybody who has it, and the addresses `notify.recipients` lists for it.

    With a `group`, those of the group who have the role are notified, if there are any. With
    `own`, it is a person of the incident: the first of `people` (logins or addresses) who can be
    reached, else the people of `group`, else the addresses `listed` for it. If that is nobody,
    `instead` is notified.
    """

    role: str
    listed: tuple[str, ...] = ()
    own: bool = False
    people: tuple[str, ...] = ()
    group: str = ""
    instead: "Recipient | None" = None
    turn: CallChoice = CallChoice.ALL

    @property
    def nobody(self) -> bool:
        """True for a person of the incident, such as its handler, that the incident lacks."""
        return self.own and not (
            self.people or self.group or self.listed or self.instead is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A message to some recipients for one `cause`.

    `bare` are the facts for those who may not see the incident. `silenced` is the reason why
    nobody is notified. A `recorded` announcement always adds a `management_told` entry to the
    timeline; any other only if somebody could not be notified, and an `optional` one not even
    then. `officers` are notified of a security incident in place of those of its own people who
    may not see it. `stand_in` is notified where none of the recipients has an address.
    """

    cause: str
    template: str
    recipients: tuple[Recipient, ...]
    priority: int
    facts: Mapping[str, Any]
    bare: Mapping[str, Any]
    security: bool = False
    silenced: str = ""
    recorded: bool = True
    optional: bool = False
    officers: Recipient | None = None
    stand_in: Recipient | None = None
