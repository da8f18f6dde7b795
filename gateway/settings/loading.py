"""Loading of the settings: defaults, then one TOML file, then the environment; validated whole.

Nothing else reads the environment. Secrets may come from a file:
`GATEWAY_NOTIFY__SMTP__PASSWORD_FILE=/run/secret`.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import Flaw, Misconfigured
from gateway.settings.contradictions import find_contradictions
from gateway.settings.intake import HighestPriority
from gateway.settings.notify import VENDORS, VendorTables
from gateway.settings.reading import UNREAD, SettingsReader
from gateway.settings.sections import Settings
from gateway.tokens.key_texts import redact_keys

LISTS = frozenset(
    {
        "declared",
        "fallback",
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


FindFlaws = Callable[[Settings], Iterable[Flaw]]
"""A function that finds the flaws of settings that can be read but not used."""


def load(
    path: Path | None, environ: Mapping[str, str], find_flaws: FindFlaws = find_contradictions
) -> Settings:
    """Return the defaults, overlaid with the file (or GATEWAY_CONFIG) and then the environment.

    Raises Misconfigured with every problem.
    """
    loaded = load_all(path, environ, find_flaws)
    if loaded.flaws:
        raise Misconfigured(
            "the configuration cannot be used", flaws=quoted(loaded.flaws, loaded.tree)
        )
    return loaded.settings


def load_all(
    path: Path | None, environ: Mapping[str, str], find_flaws: FindFlaws = find_contradictions
) -> LoadedSettings:
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
    known, parts["vendors"] = _without_vendors(tree)
    intake = known.get("intake")
    if isinstance(intake, dict) and "reported_at_most" in intake:
        at_most = reader.read(
            intake.pop("reported_at_most"), HighestPriority, "/intake/reported_at_most"
        )
        parts |= {} if at_most is UNREAD else {"reported_at_most": at_most}
    shipped["intake"].pop("reported_at_most", None)
    fields = {
        one.encode_name: one
        for one in msgspec.structs.fields(Settings)
        if one.name not in {"reported_at_most", "vendors"}
    }
    for name, one in fields.items():
        if name not in known:
            continue
        parts[name] = reader.read(known[name], one.type, f"/{name}")
        if parts[name] is UNREAD:
            broken.add(name)
            parts[name] = _as_far_as_possible(
                name, known[name], shipped.get(name), one.type, reader.flaws
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
    return replace(read, flaws=(*read.flaws, *read.flaws_of_readable(find_flaws(settings))))


def _without_vendors(tree: dict[str, Any]) -> tuple[dict[str, Any], VendorTables]:
    """Return the settings without the tables of vendors, and those tables."""
    notify = tree["notify"]
    if not isinstance(notify, dict):
        return tree, VendorTables()
    lifted = {
        name: table for name, table in notify.items() if name in VENDORS and isinstance(table, dict)
    }
    own = {name: one for name, one in notify.items() if name not in lifted}
    return tree | {"notify": own}, VendorTables(lifted)


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
    return redact_keys(BEHIND_HOST.sub(r"\1/...", value))


SECRET = re.compile(r"secret|token|password|key|\A(ping_)?urls?\Z|\Arobots\Z", re.IGNORECASE)
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
