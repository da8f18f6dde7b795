"""The one settings class, section by section; a field here is a key of the file and a variable of the environment."""

from typing import Annotated, Literal

import msgspec

from gateway.durations import Duration
from gateway.settings.chat import Chat
from gateway.settings.chat_vendors import DingTalk, Feishu, Slack, WeCom
from gateway.settings.forms import Count, Form
from gateway.settings.intake import AtMost, Bounds, Dedup, Intake, Mail, Routing, ServiceIntake
from gateway.settings.phone import Phone
from gateway.settings.process import CustomField, Escalation, Major, Problems, Sla
from gateway.settings.recipients import target_of
from gateway.settings.section import Section
from gateway.settings.stores import S3

MOST_ITEMS = 10_000
"""The largest `server.max_items`: more items than that are not looked at one by one."""


class Server(Section, frozen=True):
    """Where to listen and how much to take in."""

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
    """Who may read /metrics: whoever has a key that reads or sends, or with `open` anybody.

    With a `host` a port of its own serves it to everybody who reaches that, and the public one does not.
    """

    host: str
    port: int
    open: bool


class Database(Section, frozen=True):
    """Connections to PostgreSQL per replica.

    `pool_max` are those for what changes something, for keys and for the gateway's own work; `read_pool_max` those of
    requests that only read, each of whose statements is ended after `read_within`.
    """

    pool_min: int
    pool_max: int
    url: str = ""
    read_pool_max: int = 8
    read_within: Duration = Duration(seconds=1.5)


class Redis(Section, frozen=True):
    """The wheel's index."""

    url: str = ""


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


class Twilio(Section, frozen=True):
    """Calls and short messages on the way out; no account means they are off.

    `key` is a key of an integration, with which Twilio asks what to say; nobody is called, or written to, more than `per_hour`.
    """

    account: str
    token: str
    sender: str
    key: str
    api: str
    per_hour: int


class Notify(Section, frozen=True):
    """Channels and who stands behind a role; a plain mail address among the recipients is kept as one of the channel for mail."""

    locale: Literal["en", "zh-CN"]
    acknowledge: bool
    recipients: dict[str, tuple[str, ...]]
    smtp: Smtp
    webhook: Webhook
    slack: Slack
    feishu: Feishu
    wecom: WeCom
    dingtalk: DingTalk
    twilio: Twilio

    def __post_init__(self) -> None:
        """Give a recipient one spelling, so that nobody is told twice for being written in two."""
        named = {role: tuple(str(target_of(one)) for one in targets) for role, targets in self.recipients.items()}
        msgspec.structs.force_setattr(self, "recipients", named)


class Retention(Section, frozen=True):
    """How long intake evidence is kept; incidents and timelines stay."""

    receipts: Duration
    alerts: Duration
    quarantine: Duration
    set_aside: Duration
    deliveries: Duration
    idempotency: Duration
    chats: Duration


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


class UseLimits(Section, frozen=True):
    """How much one integration, key, person or stranger may use, so that nobody uses what others need.

    `silences` and `silence_patterns` are the silences of an integration that have not ended, and their regular expressions;
    `heartbeats` those of an integration, `mappings_per_day` the versions of its mappings that are saved, `own_keys` the keys
    of a person; `stored_bytes_per_day` the bodies of an integration and `file_bytes_per_day` the files of a key that are
    kept; `link_per_hour` and `link_per_record` what the bearers of links to one record may do with it; `key_...` what
    requests with one key may use of one replica, `address_...` requests without a key from one address.
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
    """Everything the gateway is told."""

    server: Server
    metrics: MetricsAccess
    database: Database
    sla: Sla
    dedup: Dedup
    notify: Notify
    retention: Retention
    audit: Audit
    login: Login
    links: Links
    attachments: Attachments
    limits: UseLimits
    mail: Mail
    form: Form
    phone: Phone
    escalation: Escalation
    major: Major
    problems: Problems
    reported_at_most: AtMost = 3
    redis: Redis = Redis()
    intake: dict[str, Intake] = {}
    chat: dict[str, Chat] = {}
    services: dict[str, ServiceIntake] = {}
    criticality: dict[str, Bounds] = {}
    routing: tuple[Routing, ...] = ()
    fields: tuple[CustomField, ...] = ()
