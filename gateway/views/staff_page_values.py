"""The values of the page of one record: its reader, what it is made from, its parts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.incidents.labels import Locale
from gateway.incidents.timeline import PastEvent


@dataclass(frozen=True, slots=True)
class PageReader:
    """The reader of the page; `login` is "" for the link of a role, which may only look."""

    login: str
    name: str
    locale: Locale
    zone: str


@dataclass(frozen=True, slots=True)
class CallMade:
    """A message to somebody about the record, and what came of it."""

    at: datetime
    name: str
    login: str
    channel: str
    state: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The values beside the record: names of people, calls, who is next, the story.

    `names` and `phones` are by login.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    calls: Sequence[CallMade] = ()
    group: Sequence[str] = ()
    story: Sequence[PastEvent] = ()
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class ShownClock:
    """A clock as the page shows it: `mood` is its colour, `share` the per cent used."""

    text: str
    name: str
    due: str
    label: str
    mood: str
    share: int


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An entry of the timeline in words."""

    at: str
    word: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Pad:
    """The forms that the page offers."""

    take: bool = False
    decline: bool = False
    resolve: bool = False
    tier3: bool = False
    vendor: bool = False
    note: bool = False
    release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPage:
    """All that the page shows, in the language and on the clock of its reader."""

    number: str
    calling: str
    priority: int
    state: str
    title: str
    where: str
    clock: ShownClock | None
    since: str
    shelved: str
    effect: str
    owner: str
    owner_name: str
    phone: str
    called: tuple[str, ...]
    next: str
    as_of: str
    standing: str
    pad: Pad
    fields_first: str
    refused: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    description: str
    solution: str
    labels: tuple[str, ...]
    story: tuple[ShownEvent, ...]
    earlier: bool
