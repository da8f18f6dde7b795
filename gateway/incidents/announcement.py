"""An announcement: people who must hear of a change of an incident, before it is known who they are. Pure.

The rules say that "the incident manager" or "the handler" must hear; `addressing` turns that into addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OWN = ("handler", "assignee", "group", "owner", "reporter")
"""Recipients that mean the incident's own people, whoever they are at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One role to tell: everybody who has it, and the addresses that `notify.recipients` lists for it.

    With a `group`, those of the group who have the role, where there are any.

    With `own` it is somebody of the incident: the first of `people` (logins or addresses) who can be reached, else the
    people of `group`, else the addresses `listed` for it. Where that is nobody, `instead` is told.
    """

    role: str
    listed: tuple[str, ...] = ()
    own: bool = False
    people: tuple[str, ...] = ()
    group: str = ""
    instead: "Recipient | None" = None

    @property
    def nobody(self) -> bool:
        """True for a person of the incident, such as its handler, whom it does not have."""
        return self.own and not (self.people or self.group or self.listed or self.instead is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One message owed to some recipients because of one `cause`; `bare` are the facts for those who may not see the incident.

    `silenced` says why nobody is told. A `recorded` one always leaves a `management_told` entry in the timeline; any other
    leaves one only where nobody could be told, and an `optional` one not even then. `officers` are told of a security
    incident in place of those of its own people who may not see it.
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
