"""Settings of intake: deduplication, severities, routing and mail."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.settings.mailboxes import Imap, Ses
from gateway.settings.section import Section
from gateway.timing.durations import Duration
from gateway.vocabulary import Impact, Urgency


class RelateRule(Section, frozen=True):
    """A rule that links alerts to a master if they agree in every field of `by`.

    They must come within `within` of the master's opening. A field is `service`, `ci`, `source`,
    or `labels.<name>`; an alert without one of them is left alone.
    """

    name: str
    by: tuple[str, ...]
    within: Duration


class StormSettings(Section, frozen=True):
    """The threshold of an alert storm, per integration.

    At more than `new_per_minute` new keys, new keys fold into one master. The storm is over when
    the rate has stayed below that for `quiet_after`.
    """

    new_per_minute: int
    quiet_after: Duration


class MaintenanceSettings(Section, frozen=True):
    """Planned work: from `start` to `end`, or at every start of `rrule` for `duration`.

    `rrule` is of RFC 5545, on the wall clock of `zone`. `match` names the values that an alert
    must have: `service`, `ci`, `source` or `labels.<name>`; an empty `match` covers every alert.
    """

    name: str
    start: datetime
    end: datetime | None = None
    rrule: str | None = None
    duration: Duration | None = None
    zone: str = "UTC"
    match: dict[str, str] = {}


class CorrelationSettings(Section, frozen=True):
    """The correlation of reports (`people`) and alerts (`alerts`) with open masters.

    A record is linked to a master opened `within` that scores at least `least`; at `raise_at`
    reporters the priority of the master is raised, 0 is never.
    """

    people: bool
    alerts: bool
    within: Duration
    least: Annotated[float, msgspec.Meta(gt=0, le=1)]
    raise_at: Annotated[int, msgspec.Meta(ge=0)]


class Dedup(Section, frozen=True):
    """The rules by which alerts are deduplicated and related."""

    reopen_within: Duration
    flap_limit: int
    flap_within: Duration
    storm: StormSettings
    correlation: CorrelationSettings
    relate: tuple[RelateRule, ...] = ()
    maintenance: tuple[MaintenanceSettings, ...] = ()


class SeverityGrade(Section, frozen=True):
    """The impact and urgency of a severity."""

    impact: Impact
    urgency: Urgency


HighestPriority = Annotated[int, msgspec.Meta(ge=1, le=4)]
"""The most urgent priority that something may have."""


class SourceSettings(Section, frozen=True):
    """One source: its severities, its field mapping, and how its requests are authenticated.

    `mapping` is for `generic`: where each field is found in a foreign body (JSON pointers). The
    case of a severity does not matter: a word written again in another case replaces the earlier
    one. With `secrets` every request must be signed with one of them; with `accounts` it must
    come from one of them. With an `audience` every request must bring a token of its cloud for
    that audience, issued to one of `senders`; `tenant` is the directory that issues it, if a
    cloud has several.
    """

    severity: dict[str, SeverityGrade] = {}
    mapping: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    audience: str = ""
    tenant: str = ""
    senders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Store every severity under the word it is looked up by."""
        msgspec.structs.force_setattr(self, "severity", _folded(self.severity))

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"Intake(severity={self.severity}, mapping={self.mapping}, "
            f"secrets={len(self.secrets)}, accounts={self.accounts})"
        )


SeverityWords = dict[str, SeverityGrade]


class ServiceSeverities(Section, frozen=True):
    """The severities of one service, and those of single sources for it.

    Both win over `intake`, the second over the first.
    """

    severity: SeverityWords = {}
    sources: dict[str, SeverityWords] = {}

    def __post_init__(self) -> None:
        """Store every severity under the word it is looked up by."""
        folded = {name: _folded(words) for name, words in self.sources.items()}
        msgspec.structs.force_setattr(self, "severity", _folded(self.severity))
        msgspec.structs.force_setattr(self, "sources", folded)


def _folded(words: SeverityWords) -> SeverityWords:
    return {word.strip().lower(): grade for word, grade in words.items()}


class Bounds(Section, frozen=True):
    """The effect of a service's criticality on a priority.

    It is raised by `raise_by` steps, then kept from `highest` to `lowest` (1 is highest).
    """

    raise_by: Annotated[int, msgspec.Meta(ge=-3, le=3)] = 0
    highest: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    lowest: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4


class Routing(Section, frozen=True):
    """A routing rule: new records that match all of its conditions go to `group`.

    Without `group` they go to the support of their service, or, if it has none at `tier`, to the
    first group of that tier that has all `skills`. With `person` the member is chosen who is on
    shift, has the skills, and has the fewest open records.
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
    """A rule for mails from one of `senders` with a subject like one of `subjects` or `cleared`.

    In patterns `*` is anything and `{name}` anything that is kept under that name; `lines` look
    for more in the text, line by line. `key`, `title`, `service`, `severity` and `ci` are
    templates that use those names. An alert lapses `lapses` after it was last received.
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
    """The SMTP listener; without a host there is none.

    With a certificate STARTTLS is offered, and required if `starttls` is on. `mailboxes` are
    addresses that need no key in them: address to slug of an integration.
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
    """The servers whose Authentication-Results (RFC 8601) are trusted as to who wrote a mail.

    `servers` are the names by which the servers that hand mails to the gateway's listener sign
    them, from the networks `relays`; `posted` trusts them also in mails that holders of keys
    post.
    """

    servers: tuple[str, ...]
    relays: tuple[str, ...]
    posted: bool


class Mail(Section, frozen=True):
    """Incoming mail.

    `reply_to` is an address whose mail reaches the gateway; outgoing messages carry it with a
    signed tag.
    """

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
