"""The one settings class, section by section; a field here is a key of the file and a variable of the environment."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from gateway.durations import Duration, Promise
from gateway.incidents.model import Impact, Urgency


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused so that a typo shows."""


class Server(Section, frozen=True):
    """Where to listen and how much to take in."""

    host: str
    port: int
    external_url: str
    max_body_bytes: int
    max_items: int
    queue_bytes: int
    queue_items: int
    deadline: Duration
    head_within: Duration
    body_within: Duration
    idle_within: Duration
    connections_per_address: int


class Database(Section, frozen=True):
    """Connections to PostgreSQL per replica."""

    pool_min: int
    pool_max: int
    url: str = ""


class Redis(Section, frozen=True):
    """The wheel's index."""

    url: str = ""


class Calendar(Section, frozen=True):
    """Working hours on the wall clock of `zone`, "HH:MM-HH:MM" per weekday; `holidays` is a country, such as CN or DE-BY.

    `closed` and `open` are dates that are worked, or not, whatever the country and the weekday say.
    """

    zone: str
    hours: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[str, ...]]
    holidays: str = ""
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()


class Policy(Section, frozen=True):
    """Targets per priority and clock; `warn_at` are shares of a target."""

    calendar: str
    warn_at: tuple[float, ...]
    auto_close_after: Promise
    targets: dict[int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], Promise]]


KINDS: tuple[str, ...] = ("incident", "service_request")


class Use(Section, frozen=True):
    """Use `policy` for records that agree with all that is said; the first rule that agrees is taken."""

    policy: str
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    services: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()


class Promises(Section, frozen=True):
    """What a service promises of its own incidents: another policy, and targets that win over any policy's."""

    policy: str = ""
    targets: dict[int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], Promise]] = {}


class Sla(Section, frozen=True):
    """Policies and calendars by name, and the policy used where nothing else says."""

    default: str
    policies: dict[str, Policy]
    calendars: dict[str, Calendar] = {}
    use: tuple[Use, ...] = ()
    services: dict[str, Promises] = {}


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


class Dedup(Section, frozen=True):
    """When alerts are the same trouble."""

    reopen_within: Duration
    flap_limit: int
    flap_within: Duration
    storm: Storm
    relate: tuple[Relate, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


class Management(Section, frozen=True):
    """Who is told when: roles by priority and cause; with `after`, what is unresolved so long after it was recorded.

    `repeat` tells them again and again, `until` somebody has taken the record on or it is resolved. Without `policies` or
    `kinds` it is for all.
    """

    priorities: tuple[int, ...]
    notify: tuple[str, ...]
    on: tuple[Literal["opened", "warning", "breach"], ...] = ()
    policies: tuple[str, ...] = ()
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    after: Duration | None = None
    repeat: Duration | None = None
    until: Literal["acknowledged", "resolved"] = "resolved"


class Escalation(Section, frozen=True):
    """Management escalation: its rules, and how long the acknowledgement of somebody told stops the ladder; 0s is for good."""

    acknowledgement_lasts: Duration
    management: tuple[Management, ...] = ()


class Major(Section, frozen=True):
    """Major incidents: who tells the leader that one was declared."""

    leader_told_by: Literal["manager", "gateway"]


class Smtp(Section, frozen=True):
    """Mail on the way out; no host means the channel is off."""

    host: str
    port: int
    sender: str
    username: str
    password: str
    starttls: bool


class Webhook(Section, frozen=True):
    """Standard Webhooks on the way out; `secret` is whsec_ and base64."""

    secret: str
    allow_private: bool


class Notify(Section, frozen=True):
    """Channels and who stands behind a role."""

    locale: Literal["en", "zh-CN"]
    recipients: dict[str, tuple[str, ...]]
    smtp: Smtp
    webhook: Webhook


class Grade(Section, frozen=True):
    """How bad a severity is."""

    impact: Impact
    urgency: Urgency


class Intake(Section, frozen=True):
    """One source: its severities, and for `generic` where each field is found in a foreign body (JSON pointers).

    The case of a severity does not matter: a word written again in another case replaces the one before it. With `secrets`
    every request must be signed by one of them; with `accounts` it must come from one of them.
    """

    severity: dict[str, Grade] = {}
    mapping: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

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


class Retention(Section, frozen=True):
    """How long intake evidence is kept; incidents and timelines stay."""

    receipts: Duration
    alerts: Duration
    quarantine: Duration
    deliveries: Duration
    idempotency: Duration


class Audit(Section, frozen=True):
    """The key of the timeline's hash chain and where seals are exported."""

    key: str
    seal_file: str


class Oidc(Section, frozen=True):
    """An identity provider; no issuer means there is none. No `redirect_url` means the callback under `external_url`."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str
    scopes: str
    allow_private: bool


class Login(Section, frozen=True):
    """Getting in: `attempts` of one login from one address within `window`, and how long a session lasts."""

    attempts: int
    window: Duration
    session: Duration
    oidc: Oidc


class Links(Section, frozen=True):
    """Links for reporters: one secret, two during a rotation, the new one first; none keeps one in the database."""

    secret: str
    valid: Duration


class S3(Section, frozen=True):
    """An object store that speaks like S3: its address without the bucket, which stands in the path; `prefix` ends in a slash."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str


class Attachments(Section, frozen=True):
    """Files of records: most bytes of one, most files of a record, most bytes of them together, most files by one link.

    `store` is where new ones go; what lies in another place that is configured can still be read.
    """

    max_bytes: int
    max_files: int
    max_record_bytes: int
    max_link_files: int
    store: Literal["database", "disk", "s3"]
    path: str
    s3: S3


class CustomField(Section, frozen=True):
    """A field that records have beside those they all have; `incidents/custom.py` says what its words may be."""

    name: str
    type: str
    labels: Mapping[str, str]
    kinds: tuple[str, ...] = KINDS
    choices: tuple[str, ...] = ()
    required_on: tuple[str, ...] = ()


class Problems(Section, frozen=True):
    """Problem candidates: `times` incidents of one sort `within` this are a pattern."""

    within: Duration
    times: int


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


class Mail(Section, frozen=True):
    """Mail on the way in. `reply_to` is an address whose mail reaches the gateway; messages carry it with a signed tag."""

    max_bytes: int
    at_once: int
    reply_to: str
    acknowledge: bool
    acknowledgements_per_hour: int
    remember: Duration
    mailgun_key: str
    sendgrid_key: str
    service: str
    impact: Impact
    urgency: Urgency
    listener: MailListener
    rules: tuple[MailRule, ...] = ()


class Settings(Section, frozen=True):
    """Everything the gateway is told."""

    server: Server
    database: Database
    sla: Sla
    dedup: Dedup
    notify: Notify
    retention: Retention
    audit: Audit
    login: Login
    links: Links
    attachments: Attachments
    mail: Mail
    escalation: Escalation
    major: Major
    problems: Problems
    redis: Redis = Redis()
    intake: dict[str, Intake] = {}
    services: dict[str, ServiceIntake] = {}
    criticality: dict[str, Bounds] = {}
    routing: tuple[Routing, ...] = ()
    fields: tuple[CustomField, ...] = ()
