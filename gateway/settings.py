"""The one settings class: shipped defaults, one TOML file laid over them, the environment over that, validated whole.

Nothing else reads the environment. Secrets may come from a file: `GATEWAY_NOTIFY__SMTP__PASSWORD_FILE=/run/secret`.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import msgspec
from dateutil.rrule import rrulestr

from gateway.durations import Duration, Promise, written
from gateway.errors import Flaw, Misconfigured
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

    `repeat` tells them again and again, `until` somebody has taken the record on or it is resolved. No `policies` means all.
    """

    priorities: tuple[int, ...]
    notify: tuple[str, ...]
    on: tuple[Literal["opened", "warning", "breach"], ...] = ()
    policies: tuple[str, ...] = ()
    after: Duration | None = None
    repeat: Duration | None = None
    until: Literal["acknowledged", "resolved"] = "resolved"


class Escalation(Section, frozen=True):
    """Management escalation."""

    management: tuple[Management, ...] = ()


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
    """One source: its severities, and for `generic` where each field is found in a foreign body (JSON pointers)."""

    severity: dict[str, Grade] = {}
    mapping: dict[str, str] = {}


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


class Settings(Section, frozen=True):
    """Everything the gateway is told."""

    server: Server
    database: Database
    sla: Sla
    dedup: Dedup
    notify: Notify
    retention: Retention
    audit: Audit
    redis: Redis = Redis()
    escalation: Escalation = Escalation()
    intake: dict[str, Intake] = {}


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Defaults, then the file (or GATEWAY_CONFIG), then the environment; raises Misconfigured with every problem."""
    tree = tomllib.loads((resources.files("gateway") / "defaults.toml").read_text("utf-8"))
    source = path or (Path(environ["GATEWAY_CONFIG"]) if environ.get("GATEWAY_CONFIG") else None)
    if source is not None:
        overlay(tree, _read(source))
    overlay(tree, _from_environment(environ))
    flaws: list[Flaw] = []
    parts: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if field.encode_name in tree:
            _convert(field.encode_name, tree.pop(field.encode_name), field.type, parts, flaws)
    flaws += [Flaw(f"/{name}", "no such section: remove it or correct its name") for name in tree]
    if flaws:
        raise Misconfigured("the configuration cannot be used", flaws=tuple(flaws))
    settings = Settings(**parts)
    if problems := contradictions(settings):
        raise Misconfigured("the configuration contradicts itself", flaws=tuple(problems))
    return settings


def _convert(name: str, value: object, kind: Any, parts: dict[str, Any], flaws: list[Flaw]) -> None:
    try:
        parts[name] = msgspec.convert(value, kind, strict=False, dec_hook=written)
    except msgspec.ValidationError as error:
        detail, _, where = str(error).partition(" - at `$")
        flaws.append(Flaw(f"/{name}" + where.rstrip("`").replace("[...]", ".*").replace(".", "/"), detail))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read as TOML: {error}") from error


def overlay(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Lay `over` on `base`: tables key by key, anything else replaced."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            overlay(base[key], value)
        else:
            base[key] = value


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """GATEWAY_SERVER__PORT=8080 is server.port; DATABASE_URL and REDIS_URL are what they are everywhere."""
    tree: dict[str, Any] = {}
    named = {"DATABASE_URL": "GATEWAY_DATABASE__URL", "REDIS_URL": "GATEWAY_REDIS__URL"}
    for name, value in ((named.get(n, n), v) for n, v in environ.items()):
        if not name.startswith("GATEWAY_") or "__" not in name:
            continue
        *sections, key = name.removeprefix("GATEWAY_").lower().split("__")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        if key.endswith("_file") and key != "seal_file":
            node[key.removesuffix("_file")] = Path(value).read_text("utf-8").strip()
        else:
            node[key] = value
    return tree


def contradictions(settings: Settings) -> list[Flaw]:
    """What is wrong with settings that can be read."""
    flaws = []
    for index, window in enumerate(settings.dedup.maintenance):
        flaws += [Flaw(f"/dedup/maintenance/{index}", problem) for problem in _window_problems(window)]
    for name, policy in settings.sla.policies.items():
        if missing := {1, 2, 3, 4} - policy.targets.keys():
            flaws.append(Flaw(f"/sla/policies/{name}/targets", f"no targets for priorities {sorted(missing)}"))
        if any(not 0 < share < 1 for share in policy.warn_at) or len(set(policy.warn_at)) < len(policy.warn_at):
            flaws.append(Flaw(f"/sla/policies/{name}/warn_at", "shares are distinct and lie between 0 and 1"))
    return flaws


def _window_problems(window: Maintenance) -> list[str]:
    problems = []
    if (window.end is None) == (window.rrule is None):
        problems.append("a window has either an end or an rrule")
    if window.rrule is not None and window.duration is None:
        problems.append("a window that recurs has a duration")
    if window.start.tzinfo is None or (window.end is not None and window.end.tzinfo is None):
        problems.append("start and end carry an offset, such as 2026-03-02T22:00:00+08:00")
    elif window.end is not None and window.end <= window.start:
        problems.append("the end lies after the start")
    if window.zone not in available_timezones():
        problems.append(f"{window.zone!r} is no time zone of the IANA list")
    if window.rrule is not None:
        try:
            rrulestr(window.rrule)
        except ValueError as error:
            problems.append(f"the rrule cannot be read: {error}")
    return problems
