"""What becomes of what arrives: deduplication, grades, routing and mail."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.durations import Duration
from gateway.settings.mailboxes import Imap, Ses
from gateway.settings.section import Section
from gateway.vocabulary import Impact, Urgency


class Relate(Section, frozen=True):
    """Alerts that agree in every field of `by` within `within` of the master's opening belong together.

    A field is `service`, `ci`, `source`, or `labels.<name>`; an alert without one of them is left alone.
    """

    name: str
    by: tuple[str, ...]
    within: Duration


class Storm(Section, frozen=True):
    """Above this rate of new keys per integration, new keys fold into one storm master."""

    new_per_minute: int
    quiet_after: Duration


class Maintenance(Section, frozen=True):
    """Planned work: from `start` to `end`, or at every start of `rrule` (RFC 5545, wall clock of `zone`) for `duration`.

    `match` names what an alert must have: `service`, `ci`, `source` or `labels.<name>`; nothing matches everything.
    """

    name: str
    start: datetime
    end: datetime | None = None
    rrule: str | None = None
    duration: Duration | None = None
    zone: str = "UTC"
    match: dict[str, str] = {}


class Correlation(Section, frozen=True):
    """Whether what people report, and what alerts open, is related to an open master of the same trouble by itself.

    A master opened `within` is taken that has `least` points; at `raise_at` reporters its priority is raised, 0 is never.
    """

    people: bool
    alerts: bool
    within: Duration
    least: Annotated[float, msgspec.Meta(gt=0, le=1)]
    raise_at: Annotated[int, msgspec.Meta(ge=0)]


class Dedup(Section, frozen=True):
    """When alerts are the same trouble."""

    reopen_within: Duration
    flap_limit: int
    flap_within: Duration
    storm: Storm
    correlation: Correlation
    relate: tuple[Relate, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


class Grade(Section, frozen=True):
    """How bad a severity is."""

    impact: Impact
    urgency: Urgency


AtMost = Annotated[int, msgspec.Meta(ge=1, le=4)]
"""The most urgent priority that something may have."""


class Intake(Section, frozen=True):
    """One source: its severities, and for `generic` where each field is found in a foreign body (JSON pointers).

    The case of a severity does not matter: a word written again in another case replaces the one before it. With `secrets`
    every request must be signed by one of them; with `accounts` it must come from one of them. With an `audience` every request
    must bring a token of its cloud's for that audience, of one of `senders`; `tenant` is whose, where a cloud has several.
    """

    severity: dict[str, Grade] = {}
    mapping: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    audience: str = ""
    tenant: str = ""
    senders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep every severity by the word it is looked up by."""
        msgspec.structs.force_setattr(self, "severity", _folded(self.severity))

    def __repr__(self) -> str:
        """Without the secrets: whatever is printed may be kept."""
        return f"Intake(severity={self.severity}, mapping={self.mapping}, secrets={len(self.secrets)}, accounts={self.accounts})"


Words = dict[str, Grade]


class ServiceIntake(Section, frozen=True):
    """One service: its severities, and those that one source has for it; both win over `intake`, the second over the first."""

    severity: Words = {}
    sources: dict[str, Words] = {}

    def __post_init__(self) -> None:
        """Keep every severity by the word it is looked up by."""
        folded = {name: _folded(words) for name, words in self.sources.items()}
        msgspec.structs.force_setattr(self, "severity", _folded(self.severity))
        msgspec.structs.force_setattr(self, "sources", folded)


def _folded(words: Words) -> Words:
    return {word.strip().lower(): grade for word, grade in words.items()}


class Bounds(Section, frozen=True):
    """What a criticality makes of a priority: raised by so many steps, then kept from `highest` to `lowest` (1 is highest)."""

    raise_by: Annotated[int, msgspec.Meta(ge=-3, le=3)] = 0
    highest: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    lowest: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4


class Routing(Section, frozen=True):
    """New records that agree with all that is said go to `group`, or where that is left out to the support of their service.

    Where the service has none at `tier`, the first group of that tier that has all `skills` is taken. With `person` the one of
    the group is chosen who is on shift, has the skills, and has the fewest open records.
    """

    name: str
    group: str = ""
    tier: Literal["desk", "tier2", "tier3"] = "tier2"
    skills: tuple[str, ...] = ()
    person: bool = False
    origins: tuple[Literal["people", "alerts"], ...] = ()
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    sources: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()


class MailRule(Section, frozen=True):
    """What a mail becomes that is from one of `senders` and whose subject is like one of `subjects` or `cleared`.

    In patterns `*` is anything and `{name}` anything that is kept under that name; `lines` look for more in the text, line by
    line. `key`, `title`, `service`, `severity` and `ci` are written with those names. An alert lapses `lapses` after it was told.
    """

    name: str
    make: Literal["alert", "report", "ignore"] = "alert"
    senders: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    key: str = "{key}"
    title: str = "{title}"
    service: str = "{service}"
    severity: str = "{severity}"
    ci: str = "{ci}"
    lapses: Duration | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None


class MailListener(Section, frozen=True):
    """Mail by SMTP; no host means nobody listens. With a certificate STARTTLS is offered, and asked for where `starttls` is on.

    `mailboxes` are addresses that need no key in them: address to slug of an integration.
    """

    host: str
    port: int
    certificate: str
    private_key: str
    starttls: bool
    sessions: int
    sessions_per_address: int
    idle_within: Duration
    session_within: Duration
    mailboxes: dict[str, str] = {}


class MailAuthentication(Section, frozen=True):
    """Authentication of those who write: whose Authentication-Results (RFC 8601) count.

    `servers` are the names by which the servers sign theirs that hand mails to the gateway's listener,
    from the networks `relays`; `posted` believes them in what holders of keys post too.
    """

    servers: tuple[str, ...]
    relays: tuple[str, ...]
    posted: bool


class Mail(Section, frozen=True):
    """Mail on the way in. `reply_to` is an address whose mail reaches the gateway; messages carry it with a signed tag."""

    max_bytes: int
    at_once: int
    reply_to: str
    acknowledge: bool
    acknowledgements_per_hour: int
    stranger_per_hour: Annotated[int, msgspec.Meta(ge=1)]
    remember: Duration
    mailgun_key: str
    sendgrid_key: str
    service: str
    impact: Impact
    urgency: Urgency
    listener: MailListener
    ses: Ses
    authentication: MailAuthentication
    rules: tuple[MailRule, ...] = ()
    imap: dict[str, Imap] = {}
