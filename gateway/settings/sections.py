"""The settings as a tree of sections.

Each field is a key of the file and a variable of the environment.
"""

from typing import Annotated, Literal

import msgspec

from gateway.settings.chat import ChatSettings
from gateway.settings.forms import Count, Form
from gateway.settings.intake import (
    Bounds,
    Dedup,
    HighestPriority,
    Mail,
    Routing,
    ServiceSeverities,
    SourceSettings,
)
from gateway.settings.notify import Notify, VendorTables
from gateway.settings.phone import Phone
from gateway.settings.process import (
    CustomField,
    EscalationSettings,
    Major,
    Problems,
    ShelvingSettings,
    SlaSettings,
)
from gateway.settings.section import Section
from gateway.settings.stores import S3
from gateway.settings.watch import WatchSettings
from gateway.timing.durations import Duration

MOST_ITEMS = 10_000
"""The largest `server.max_items`; larger requests would not be checked item by item."""


class ServerSettings(Section, frozen=True):
    """The HTTP server: addresses to listen on, and limits of requests and connections."""

    host: str
    port: int
    external_url: str
    max_body_bytes: int
    max_items: int
    body_bytes: int
    stranger_bytes: int
    stranger_bytes_per_address: int
    queue_bytes: int
    queue_items: int
    deadline: Duration
    head_within: Duration
    body_within: Duration
    idle_within: Duration
    connections_per_address: int
    trusted_proxies: tuple[str, ...] = ()


class MetricsAccess(Section, frozen=True):
    """Access to /metrics: by a key that reads or sends, or with `open` by anybody.

    With a `host` a separate port serves the metrics to everybody who reaches it, and the public
    port does not.
    """

    host: str
    port: int
    open: bool


class Database(Section, frozen=True):
    """Connections to PostgreSQL per replica.

    `pool_max` are those for changes, for keys and for the gateway's own work; `read_pool_max`
    those for requests that only read, each of whose statements is ended after `read_within`.
    """

    pool_min: int
    pool_max: int
    url: str = ""
    read_pool_max: int = 8
    read_within: Duration = Duration(seconds=1.5)


class Redis(Section, frozen=True):
    """The Redis index of timers."""

    url: str = ""


class Retention(Section, frozen=True):
    """The time for which evidence of intake is kept; incidents and timelines stay."""

    receipts: Duration
    alerts: Duration
    quarantine: Duration
    set_aside: Duration
    deliveries: Duration
    idempotency: Duration
    chats: Duration


class Audit(Section, frozen=True):
    """The key of the timeline's hash chain, and the file that seals are exported to."""

    key: str
    seal_file: str


class Oidc(Section, frozen=True):
    """An identity provider (OpenID Connect); without an issuer there is none.

    Without `redirect_url` the callback is under `external_url`.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str
    scopes: str
    allow_private: bool


class LoginSettings(Section, frozen=True):
    """The log-in: attempts of one login from one address within `window`, session lifetime."""

    attempts: int
    window: Duration
    session: Duration
    oidc: Oidc


class Links(Section, frozen=True):
    """Links for reporters: one secret, two during a rotation, the new one first.

    Without a secret one is kept in the database.
    """

    secret: str
    valid: Duration


class AttachmentSettings(Section, frozen=True):
    """Files of records: the most bytes of one, and the most files and bytes of a record.

    `max_link_files` are the most files by one link. `store` is where new files go; files in
    another store that is configured can still be read.
    """

    max_bytes: int
    max_files: int
    max_record_bytes: int
    max_link_files: int
    store: Literal["database", "disk", "s3"]
    path: str
    s3: S3


class AbsenceSettings(Section, frozen=True):
    """The calendars of people whose events are absences: how often each is read.

    `allow_private` allows calendars in our own network.
    """

    read_every: Duration
    allow_private: bool


class UseLimits(Section, frozen=True):
    """Limits of use by one integration, key, person or stranger, which protect all others.

    `silences` and `silence_patterns` limit the silences of an integration that have not ended,
    and their regular expressions; `heartbeats` those of an integration, `mappings_per_day` the
    versions of its mappings that are saved, `own_keys` the keys of a person;
    `stored_bytes_per_day` the bodies of an integration and `file_bytes_per_day` the files of a
    key that are kept; `link_per_hour` and `link_per_record` the actions by links to one record;
    `key_...` requests with one key to one replica, `address_...` requests without a key from one
    address.
    """

    silences: int
    silence_patterns: int
    heartbeats: int
    mappings_per_day: Annotated[int, msgspec.Meta(ge=1)]
    own_keys: int
    stored_bytes_per_day: Annotated[int, msgspec.Meta(ge=1)]
    file_bytes_per_day: Annotated[int, msgspec.Meta(ge=1)]
    link_per_hour: Count
    link_per_record: Count
    key_per_second: Annotated[int, msgspec.Meta(ge=1)]
    key_burst: Annotated[int, msgspec.Meta(ge=1)]
    ingest_per_second: Annotated[int, msgspec.Meta(ge=1)]
    ingest_burst: Annotated[int, msgspec.Meta(ge=1)]
    key_at_once: Annotated[int, msgspec.Meta(ge=1)]
    key_bytes_per_minute: Annotated[int, msgspec.Meta(ge=1)]
    address_per_second: Annotated[int, msgspec.Meta(ge=1)]
    address_burst: Annotated[int, msgspec.Meta(ge=1)]


class Settings(Section, frozen=True):
    """All settings of the gateway; `vendors` are the sections that channels read themselves."""

    server: ServerSettings
    metrics: MetricsAccess
    database: Database
    sla: SlaSettings
    dedup: Dedup
    notify: Notify
    retention: Retention
    audit: Audit
    login: LoginSettings
    links: Links
    attachments: AttachmentSettings
    absences: AbsenceSettings
    limits: UseLimits
    mail: Mail
    form: Form
    phone: Phone
    escalation: EscalationSettings
    major: Major
    problems: Problems
    shelving: ShelvingSettings
    watch: WatchSettings
    reported_at_most: HighestPriority = 3
    vendors: VendorTables = VendorTables()
    redis: Redis = Redis()
    intake: dict[str, SourceSettings] = {}
    chat: dict[str, ChatSettings] = {}
    services: dict[str, ServiceSeverities] = {}
    criticality: dict[str, Bounds] = {}
    routing: tuple[Routing, ...] = ()
    fields: tuple[CustomField, ...] = ()
