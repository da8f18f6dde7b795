"""The topology: names and dependencies of services and configuration items. Pure.

It finds the services and items that texts and alerts mention.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from gateway.catalogue.model import Service

Understood = TypeVar("Understood")

DEEPEST = 20
"""The most dependency steps that are followed upstream or downstream."""

MOST = 500
"""The most items that are followed."""

ADDRESSES = ("host", "hostname", "fqdn", "ip", "address")
"""Attributes of an item that people and machines also use as its name."""

SITE = "site"
"""The attribute that holds the site of an item."""

KNOWN_TEXTS = 2_000
"""The most texts whose analysis is cached."""


class NameKind(StrEnum):
    """The kind of thing that a name belongs to."""

    SERVICE = "service"
    CI = "ci"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class TopologyItem:
    """A configuration item, with the fields that the topology is built from."""

    name: str
    service: str
    attributes: Mapping[str, str]
    depends_on: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name found in a text: its kind, the thing it names, and where it starts and ends."""

    of: NameKind
    which: str
    start: int
    end: int


NameEntry = tuple[str, NameKind, str]


@dataclass(frozen=True, slots=True)
class Topology:
    """The topology: the catalogue's names by their first two characters, dependencies both ways."""

    names: Mapping[str, tuple[NameEntry, ...]] = field(default_factory=dict)
    up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    down: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    service_of: Mapping[str, str] = field(default_factory=dict)
    parts_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    site_of: Mapping[str, str] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    _read: dict[Hashable, Any] = field(default_factory=dict, compare=False)

    def named(self, text: str) -> tuple[NameMention, ...]:
        """Return the names in a text, the longest first if one contains another.

        The case of letters does not matter.
        """
        return tuple(self._scan(text.casefold()))

    def once(self, said: Hashable, read: "Callable[[], Understood]") -> "Understood":
        """Return the result of `read` for a key, cached while the topology stays the same."""
        known: Understood | None = self._read.get(said)
        if known is None:
            if len(self._read) >= KNOWN_TEXTS:
                self._read.clear()
            known = self._read[said] = read()
        return known

    def _scan(self, text: str) -> Iterator[NameMention]:
        at = 0
        while at < len(text) - 1:
            entry = next(
                (one for one in self.names.get(text[at : at + 2], ()) if _stands(one[0], text, at)),
                None,
            )
            if entry is None:
                at += 1
                continue
            yield NameMention(entry[1], entry[2], at, at + len(entry[0]))
            at += len(entry[0])

    def upstream(self, ci: str) -> Mapping[str, int]:
        """Return the items upstream of an item, each with its distance in steps."""
        return _reached(ci, self.up)

    def downstream(self, ci: str) -> Mapping[str, int]:
        """Return the items downstream of an item, each with its distance in steps."""
        return _reached(ci, self.down)

    def component(self, item: str) -> str:
        """Return the component of an item or a service: one name for all that is connected with it.

        It serves as the lock under which incidents are linked there.
        """
        return self.components.get(item, item)


def _stands(name: str, text: str, at: int) -> bool:
    """Return whether a name stands at this position by itself.

    Next to Chinese it does; within an English word or number it does not.
    """
    if not text.startswith(name, at):
        return False
    end = at + len(name)
    before, after = text[at - 1 : at], text[end : end + 1]
    return not (_joins(before) and _joins(name[0])) and not (_joins(after) and _joins(name[-1]))


def _joins(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _reached(start: str, edges: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    reached: dict[str, int] = {}
    edge = [start]
    for depth in range(1, DEEPEST + 1):
        edge = sorted({to for one in edge for to in edges.get(one, ())} - reached.keys() - {start})
        if not edge or len(reached) >= MOST:
            break
        reached |= dict.fromkeys(edge[: MOST - len(reached)], depth)
    return reached


def build_topology(services: Iterable[Service], parts: Collection[TopologyItem]) -> Topology:
    """Build the topology of these services and items.

    A name that two of a kind share is left out.
    """
    entries: dict[tuple[str, NameKind], set[str]] = {}
    for of, which, name in (*_service_names(services), *_part_names(parts)):
        if len(key := " ".join(name.casefold().split())) >= 2:
            entries.setdefault((key, of), set()).add(which)
    names: dict[str, list[NameEntry]] = {}
    for (name, of), owners in entries.items():
        if len(owners) == 1:
            names.setdefault(name[:2], []).append((name, of, next(iter(owners))))
    down: dict[str, list[str]] = {}
    parts_of: dict[str, list[str]] = {}
    for part in parts:
        for upstream in part.depends_on:
            down.setdefault(upstream, []).append(part.name)
        parts_of.setdefault(part.service, []).append(part.name)
    parts_of.pop("", None)
    return Topology(
        names={start: tuple(sorted(found, key=_longest)) for start, found in names.items()},
        up={part.name: part.depends_on for part in parts if part.depends_on},
        down={name: tuple(sorted(found)) for name, found in down.items()},
        service_of={part.name: part.service for part in parts if part.service},
        parts_of={service: tuple(sorted(found)) for service, found in parts_of.items()},
        site_of={
            part.name: part.attributes[SITE].casefold()
            for part in parts
            if part.attributes.get(SITE)
        },
        components=_components(parts),
    )


def _components(parts: Iterable[TopologyItem]) -> dict[str, str]:
    """Return the component of each item and service: the first name in it (union-find).

    Dependencies connect items, and a service connects its items.
    """
    parent: dict[str, str] = {}

    def first(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = name = parent[above]
        return name

    for part in parts:
        for other in (*part.depends_on, *((part.service,) if part.service else ())):
            one, two = first(part.name), first(other)
            parent[max(one, two)] = min(one, two)
    return {name: first(name) for name in list(parent)}


def _longest(entry: NameEntry) -> tuple[int, str, NameKind]:
    return -len(entry[0]), entry[0], entry[1]


def _service_names(services: Iterable[Service]) -> Iterator[tuple[NameKind, str, str]]:
    for service in services:
        for name in (service.slug, service.name, *service.aliases):
            yield NameKind.SERVICE, service.slug, name


def _part_names(parts: Iterable[TopologyItem]) -> Iterator[tuple[NameKind, str, str]]:
    for part in parts:
        addresses = (part.attributes.get(name, "") for name in ADDRESSES)
        for name in (part.name, *part.aliases, *re.split(r"[\s,;]+", " ".join(addresses))):
            yield NameKind.CI, part.name, name
        if site := part.attributes.get(SITE, "").casefold():
            yield NameKind.SITE, site, site
