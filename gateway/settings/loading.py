"""Loading of the settings: defaults, then one TOML file, then the environment; validated whole.

Nothing else reads the environment. Secrets may come from a file:
`GATEWAY_NOTIFY__SMTP__PASSWORD_FILE=/run/secret`.
"""

import base64
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from dateutil.rrule import rrulestr

from gateway.errors import Flaw, Misconfigured
from gateway.key_texts import without_keys
from gateway.networks import nonsense
from gateway.settings import address_flaws, chat_flaws, mail_flaws, phone_flaws
from gateway.settings.fields import flaws_of
from gateway.settings.intake import HighestPriority, MaintenanceSettings, SourceSettings
from gateway.settings.reading import UNREAD, SettingsReader
from gateway.settings.sections import MOST_ITEMS, AttachmentSettings, Settings
from gateway.zones import zones

LISTS = frozenset(
    {
        "declared",
        "secrets",
        "accounts",
        "tenants",
        "services",
        "doubted",
        "addresses",
        "senders",
        "trusted_proxies",
        "servers",
        "relays",
    }
)
"""Settings that are lists; in the environment their items are separated by spaces."""

CRITICALITIES = ("critical", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings as far as they can be read, and all their flaws.

    A section with a flaw has its default value in `settings`, so that the others can be
    validated all the same.
    """

    settings: Settings
    flaws: tuple[Flaw, ...]
    broken: frozenset[str]
    tree: Mapping[str, Any]

    def flaws_of_readable(self, flaws: Iterable[Flaw]) -> Iterator[Flaw]:
        """Yield the flaws of values that could be read, not of defaults in place of others."""
        unread = [_stood_in_for(flaw.pointer, self.tree) for flaw in self.flaws]
        yield from (
            flaw for flaw in flaws if not any(_within(flaw.pointer, place) for place in unread)
        )


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the defaults, overlaid with the file (or GATEWAY_CONFIG) and then the environment.

    Raises Misconfigured with every problem.
    """
    loaded = load_all(path, environ)
    if loaded.flaws:
        raise Misconfigured(
            "the configuration cannot be used", flaws=quoted(loaded.flaws, loaded.tree)
        )
    return loaded.settings


def load_all(path: Path | None, environ: Mapping[str, str]) -> LoadedSettings:
    """Read everything; raises Misconfigured only for a file that is not TOML."""
    shipped = tomllib.loads((resources.files("gateway") / "defaults.toml").read_text("utf-8"))
    tree = deepcopy(shipped)
    source = path or (Path(environ["GATEWAY_CONFIG"]) if environ.get("GATEWAY_CONFIG") else None)
    reader = SettingsReader()
    if source is not None:
        overlay(tree, _read(source))
    overlay(tree, _from_environment(environ, reader.flaws))
    parts: dict[str, Any] = {}
    broken: set[str] = set()
    intake = tree.get("intake")
    if isinstance(intake, dict) and "reported_at_most" in intake:
        at_most = reader.read(
            intake.pop("reported_at_most"), HighestPriority, "/intake/reported_at_most"
        )
        parts |= {} if at_most is UNREAD else {"reported_at_most": at_most}
    shipped["intake"].pop("reported_at_most", None)
    fields = {
        one.encode_name: one
        for one in msgspec.structs.fields(Settings)
        if one.name != "reported_at_most"
    }
    for name, one in fields.items():
        if name not in tree:
            continue
        parts[name] = reader.read(tree[name], one.type, f"/{name}")
        if parts[name] is UNREAD:
            broken.add(name)
            parts[name] = _as_far_as_possible(
                name, tree[name], shipped.get(name), one.type, reader.flaws
            )
        if parts[name] is UNREAD:
            del parts[name]
    reader.flaws += [
        Flaw(f"/{name}", "no such section: remove it or correct its name")
        for name in tree
        if name not in fields
    ]
    settings = Settings(**parts)
    read = LoadedSettings(settings, tuple(reader.flaws), frozenset(broken), tree)
    return replace(
        read, flaws=(*read.flaws, *read.flaws_of_readable(find_contradictions(settings)))
    )


def _as_far_as_possible(
    name: str, value: Any, shipped: Any, kind: Any, flaws: Iterable[Flaw]
) -> Any:
    """Return a section with its defaults in place of flaws, or all defaults, or UNREAD.

    An item of a list that cannot be read is replaced by another one of the list, so that the
    others keep their places.
    """
    mended = deepcopy(value)
    places = [_stood_in_for(flaw.pointer, {name: value}).split("/")[1:] for flaw in flaws]
    for steps in sorted(steps[1:] for steps in places if len(steps) > 1 and steps[0] == name):
        node, known = mended, shipped
        for step in steps[:-1]:
            node = node.get(step) if isinstance(node, dict) else None
            known = known.get(step) if isinstance(known, dict) else None
        if isinstance(node, list):
            unread = {other[-1] for other in places if other[1:-1] == steps[:-1]}
            node[int(steps[-1])] = next(
                (one for at, one in enumerate(node) if str(at) not in unread), None
            )
        elif isinstance(node, dict):
            node.pop(steps[-1], None)
            if isinstance(known, dict) and steps[-1] in known:
                node[steps[-1]] = known[steps[-1]]
    tried = (SettingsReader().read(one, kind, "") for one in (mended, shipped))
    return next((read for read in tried if read is not UNREAD), UNREAD)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read as TOML: {error}") from error


def _stood_in_for(pointer: str, tree: Any) -> str:
    """Return the place of a flaw, or of the item of a list that the flaw is in."""
    steps = pointer.split("/")[1:]
    for depth, step in enumerate(steps):
        if isinstance(tree, list):
            return "".join(f"/{one}" for one in steps[: depth + 1])
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return pointer


def _within(pointer: str, place: str) -> bool:
    """Return whether a pointer names a place or something in it."""
    return pointer == place or pointer.startswith(f"{place}/")


def setting_path(pointer: str) -> str:
    """Return a JSON pointer as people write the path of a setting: notify.recipients.leader[0]."""
    steps = pointer.split("/")[1:]
    return (
        "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")
        or "the file"
    )


def quoted(flaws: Iterable[Flaw], tree: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """Return each flaw with the value it is about appended.

    A value that is a secret or a table, or that is missing, is not appended.
    """
    return tuple(_quoted(flaw, tree) for flaw in flaws)


def _quoted(flaw: Flaw, tree: Mapping[str, Any]) -> Flaw:
    node: Any = tree
    steps = flaw.pointer.split("/")[1:]
    for step in steps:
        if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, Mapping) and step in node:
            node = node[step]
        else:
            return flaw
    told = isinstance(node, str) and repr(node) in flaw.detail
    if told or isinstance(node, Mapping | list) or any(SECRET.search(step) for step in steps):
        return flaw
    return Flaw(flaw.pointer, f"{flaw.detail} (it is {_shown(str(node))[:QUOTED]!r})")


def _shown(value: str) -> str:
    """Return a value without the part of a URL behind its host, where webhooks hold secrets."""
    return without_keys(BEHIND_HOST.sub(r"\1/...", value))


LEAST_STRANGER_BYTES = 524_288
SECRET = re.compile(r"secret|token|password|key|\Aurl\Z", re.IGNORECASE)
BEHIND_HOST = re.compile(r"(://[^/\s?#@]{1,255})[/?#]\S+")
QUOTED = 100
"""The most characters of a value that are shown."""


def overlay(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Lay `over` on `base`: tables key by key, anything else replaced."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            overlay(base[key], value)
        else:
            base[key] = value


def _from_environment(environ: Mapping[str, str], flaws: list[Flaw]) -> dict[str, Any]:
    """Return the settings in the environment as a tree of tables.

    GATEWAY_SERVER__PORT=8080 is server.port; DATABASE_URL and REDIS_URL have their customary
    meaning.
    """
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
            key = key.removesuffix("_file")
            try:
                value = Path(value).read_text("utf-8").strip()  # noqa: PLW2901 - as if it stood there
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is no text"
                flaws.append(
                    Flaw(
                        f"/{'/'.join([*sections, key])}",
                        f"{name} names {value}, which cannot be read: {why}",
                    )
                )
                continue
        node[key] = value.split() if key in LISTS else value
    return tree


def find_contradictions(settings: Settings) -> list[Flaw]:
    """Return the flaws of settings that can be read but not used."""
    flaws = [*_ways_in(settings), *_stores(settings.attachments), *flaws_of(settings.fields)]
    flaws += [*_form(settings), *address_flaws.flaws(settings)]
    for word, bounds in settings.criticality.items():
        if word not in CRITICALITIES:
            flaws.append(Flaw(f"/criticality/{word}", f"there are {', '.join(CRITICALITIES)}"))
        if bounds.highest > bounds.lowest:
            flaws.append(
                Flaw(
                    f"/criticality/{word}",
                    "the highest priority is not below the lowest: 1 is the highest",
                )
            )
    for index, window in enumerate(settings.dedup.maintenance):
        flaws += [
            Flaw(f"/dedup/maintenance/{index}", problem) for problem in _window_problems(window)
        ]
    for name, policy in settings.sla.policies.items():
        if missing := {1, 2, 3, 4} - policy.targets.keys():
            flaws.append(
                Flaw(
                    f"/sla/policies/{name}/targets", f"no targets for priorities {sorted(missing)}"
                )
            )
        if any(not 0 < share < 1 for share in policy.warn_at) or len(set(policy.warn_at)) < len(
            policy.warn_at
        ):
            flaws.append(
                Flaw(f"/sla/policies/{name}/warn_at", "shares are distinct and lie between 0 and 1")
            )
    return flaws


def _form(settings: Settings) -> list[Flaw]:
    form, flaws = settings.form, []
    if form.zone not in zones():
        flaws.append(Flaw("/form/zone", "no such time zone: an IANA name such as Asia/Shanghai"))
    if not form.min_age < form.max_age < settings.retention.deliveries:
        flaws.append(
            Flaw(
                "/form/max_age", "is longer than form.min_age and shorter than retention.deliveries"
            )
        )
    return flaws


def _ways_in(settings: Settings) -> list[Flaw]:
    flaws = []
    oidc = settings.login.oidc
    if oidc.issuer and not oidc.client_id:
        flaws.append(
            Flaw("/login/oidc/client_id", "name the client that the provider knows the gateway as")
        )
    if oidc.issuer and not (oidc.redirect_url or settings.server.external_url):
        flaws.append(Flaw("/login/oidc/redirect_url", "set it, or server.external_url"))
    if (
        any(len(word) < 32 for word in settings.links.secret.split())
        or len(settings.links.secret.split()) > 2
    ):
        flaws.append(Flaw("/links/secret", "one secret or two, each of at least 32 characters"))
    flaws += [
        Flaw(f"/server/trusted_proxies/{at}", detail)
        for at, detail in nonsense(settings.server.trusted_proxies)
    ]
    flaws += mail_flaws.flaws(settings.mail)
    flaws += chat_flaws.flaws(settings.chat, settings.notify)
    flaws += phone_flaws.flaws(settings.phone, settings.server.external_url)
    flaws += phone_flaws.calling_flaws(settings.notify.twilio, settings.phone)
    if not 1 <= settings.server.max_items <= MOST_ITEMS:
        flaws.append(Flaw("/server/max_items", f"is at least 1 and at most {MOST_ITEMS}"))
    if settings.server.body_bytes < settings.server.max_body_bytes:
        flaws.append(
            Flaw(
                "/server/body_bytes",
                "is at least server.max_body_bytes, or no large body is ever taken",
            )
        )
    if (
        not LEAST_STRANGER_BYTES
        <= settings.server.stranger_bytes_per_address
        <= settings.server.stranger_bytes
    ):
        detail = (
            f"is at least {LEAST_STRANGER_BYTES}, which is one event, "
            "and at most server.stranger_bytes"
        )
        flaws.append(Flaw("/server/stranger_bytes_per_address", detail))
    if settings.login.attempts < 1:
        flaws.append(Flaw("/login/attempts", "at least one attempt is needed to get in"))
    for name, intake in settings.intake.items():
        if not all(_usable(name, secret) for secret in intake.secrets):
            flaws.append(
                Flaw(
                    f"/intake/{name}/secrets",
                    (
                        "a secret has at least 8 characters; "
                        "of standard_webhooks, whsec_ or whpk_ and base64"
                    ),
                )
            )
        flaws += _of_tokens(name, intake)
    return flaws


TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _of_tokens(name: str, intake: SourceSettings) -> list[Flaw]:
    """Return the flaws of token settings; incomplete ones would accept anybody's token."""
    flaws = []
    if intake.audience and name not in {"azure", "google_cloud"}:
        flaws.append(Flaw(f"/intake/{name}/audience", "only azure and google_cloud bring tokens"))
    if (intake.senders or intake.tenant) and not intake.audience:
        flaws.append(Flaw(f"/intake/{name}/audience", "is needed for tokens to be looked at"))
    if intake.audience and name == "google_cloud" and not intake.senders:
        flaws.append(
            Flaw(
                f"/intake/{name}/senders",
                "name the service account: anybody's can make a token for any audience",
            )
        )
    if intake.audience and name == "azure" and not TENANT.fullmatch(intake.tenant):
        flaws.append(
            Flaw(
                f"/intake/{name}/tenant",
                "the id of your directory, such as 72f988bf-86f1-41af-91ab-2d7cd011db47",
            )
        )
    return flaws


def _stores(files: AttachmentSettings) -> list[Flaw]:
    flaws = []
    if files.store == "disk" and not files.path:
        flaws.append(Flaw("/attachments/path", "name the directory that files are kept in"))
    if files.store == "s3":
        needed = {
            "endpoint": files.s3.endpoint,
            "bucket": files.s3.bucket,
            "access_key": files.s3.access_key,
        }
        needed |= {"region": files.s3.region, "secret_key": files.s3.secret_key}
        flaws += [
            Flaw(f"/attachments/s3/{name}", "is needed to keep files there")
            for name, value in needed.items()
            if not value
        ]
    if files.s3.endpoint and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", files.s3.endpoint):
        flaws.append(Flaw("/attachments/s3/endpoint", "an address such as https://s3.example.com"))
    if files.s3.prefix and not files.s3.prefix.endswith("/"):
        flaws.append(Flaw("/attachments/s3/prefix", "ends in a slash"))
    limits = {
        name: getattr(files, name)
        for name in ("max_bytes", "max_files", "max_record_bytes", "max_link_files")
    }
    return flaws + [
        Flaw(f"/attachments/{name}", "is at least 1") for name, value in limits.items() if value < 1
    ]


def _usable(name: str, secret: str) -> bool:
    if name != "standard_webhooks":
        return len(secret) >= 8
    kind, _, text = secret.partition("_")
    try:
        size = len(base64.b64decode(text, validate=True))
    except ValueError:
        return False
    return size >= 8 if kind == "whsec" else size == 32 and kind == "whpk"


def _window_problems(window: MaintenanceSettings) -> list[str]:
    problems = []
    if (window.end is None) == (window.rrule is None):
        problems.append("a window has either an end or an rrule")
    if window.rrule is not None and window.duration is None:
        problems.append("a window that recurs has a duration")
    if window.start.tzinfo is None or (window.end is not None and window.end.tzinfo is None):
        problems.append("start and end carry an offset, such as 2026-03-02T22:00:00+08:00")
    elif window.end is not None and window.end <= window.start:
        problems.append("the end lies after the start")
    if window.zone not in zones():
        problems.append(f"{window.zone!r} is no time zone of the IANA list")
    if window.rrule is not None:
        try:
            rrulestr(window.rrule)
        except ValueError as error:
            problems.append(f"the rrule cannot be read: {error}")
    return problems
