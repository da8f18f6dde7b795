"""Configuration items and their dependencies, in the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from gateway.catalogue.model import Ci, CiDraft, ImpactedItem
from gateway.catalogue.topology import TopologyItem
from gateway.db.pool import Connection
from gateway.db.versioned import check_version, fetch_found
from gateway.errors import Conflict, Flaw, Unprocessable

FIELDS = ("kind", "service", "attributes", "depends_on", "aliases")
"""The fields of a configuration item that can be written, beside its name."""

DEEPEST = 20
"""The number of dependency steps over which an outage is followed downstream."""

MOST = 500
"""The most items that an impact query returns."""

CIS = """
SELECT name, kind, coalesce(service, '') AS service, attributes, aliases, version, created_at,
  updated_at,
  array(SELECT d.depends_on FROM ci_dependency d WHERE d.ci = c.name ORDER BY 1) AS depends_on,
  array(SELECT d.ci FROM ci_dependency d WHERE d.depends_on = c.name ORDER BY 1) AS dependents
FROM ci c
"""


def ci_of(row: Record) -> Ci:
    """Return the configuration item in a row of CIS."""
    lists = {name: tuple(row[name]) for name in ("depends_on", "dependents", "aliases")}
    return Ci(
        **{
            **row,
            **lists,
            "attributes": msgspec.json.decode(row["attributes"], type=dict[str, str]),
        }
    )


LIST = (
    CIS + "WHERE name > $1::text AND ($2::text IS NULL OR service = $2::text) "
    "ORDER BY name LIMIT $3::int"
)


async def page(conn: Connection, after: str, limit: int, *, service: str | None = None) -> list[Ci]:
    """Return configuration items whose name sorts after `after`."""
    return [ci_of(row) for row in await conn.fetch(LIST, after, service, limit)]


VERSION = (
    "SELECT count(*) || ' ' || coalesce(sum(version), 0) "
    "|| ' ' || coalesce(max(updated_at)::text, '') FROM ci"
)


async def version(conn: Connection) -> str:
    """Return a text that changes whenever an item is created, changed or deleted."""
    return str(await conn.fetchval(VERSION))


PARTS = """
SELECT name, coalesce(service, '') AS service, attributes, aliases,
  array(SELECT d.depends_on FROM ci_dependency d WHERE d.ci = c.name ORDER BY 1) AS depends_on
FROM ci c ORDER BY name
"""


async def topology_items(conn: Connection) -> tuple[TopologyItem, ...]:
    """Return every item, with the fields that the topology is built from."""
    return tuple(
        TopologyItem(
            name=row["name"],
            service=row["service"],
            attributes=msgspec.json.decode(row["attributes"], type=dict[str, str]),
            depends_on=tuple(row["depends_on"]),
            aliases=tuple(row["aliases"]),
        )
        for row in await conn.fetch(PARTS)
    )


BY_NAME = CIS + "WHERE name = $1"
LOCK = "SELECT name FROM ci WHERE name = $1 FOR UPDATE"


async def by_name(conn: Connection, name: str, *, lock: bool = False) -> Ci:
    """Return the configuration item of that name; raises NotFound.

    With `lock` it stays unchanged until the transaction ends.
    """
    if lock:
        await conn.fetchval(LOCK, name)
    return ci_of(await fetch_found(conn, BY_NAME, name, f"there is no configuration item {name}"))


TURN = "SELECT pg_advisory_xact_lock(hashtext('ci_dependency'))"

WRITE = """
INSERT INTO ci (name, kind, service, attributes, aliases, created_at, updated_at)
SELECT t.name, t.kind, nullif(t.service, ''), t.attributes::json,
  array(SELECT json_array_elements_text(t.aliases::json)), n.now, n.now
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::text[])
  AS t (name, kind, service, attributes, aliases),
  moment($5) AS n (now)
ON CONFLICT (name) DO UPDATE SET kind = EXCLUDED.kind, service = EXCLUDED.service,
  attributes = EXCLUDED.attributes,
  aliases = EXCLUDED.aliases, version = ci.version + 1, updated_at = EXCLUDED.updated_at
"""

FORGET_EDGES = "DELETE FROM ci_dependency WHERE ci = ANY($1::text[])"
EDGES = "SELECT ci, depends_on FROM ci_dependency ORDER BY ci, depends_on"
JOIN = "INSERT INTO ci_dependency (ci, depends_on) SELECT * FROM unnest($1::text[], $2::text[])"


async def write(conn: Connection, drafts: Sequence[CiDraft], stamp: datetime | None) -> None:
    """Write all drafts, replacing items of the same name, in the caller's transaction.

    Raises Unprocessable with every service and item that is named and does not exist, and for a
    cycle of dependencies.
    """
    await conn.execute(TURN)
    if flaws := await _unknown(conn, drafts):
        raise Unprocessable(f"{len(flaws)} names are not known", flaws=tuple(flaws))
    names = [draft.name for draft in drafts]
    attributes = [
        msgspec.json.encode(draft.attributes, order="deterministic").decode() for draft in drafts
    ]
    aliases = [msgspec.json.encode(draft.aliases).decode() for draft in drafts]
    await conn.execute(
        WRITE,
        names,
        [d.kind for d in drafts],
        [d.service for d in drafts],
        attributes,
        stamp,
        aliases,
    )
    await conn.execute(FORGET_EDGES, names)
    pairs = sorted({(draft.name, upstream) for draft in drafts for upstream in draft.depends_on})
    edges: dict[str, list[str]] = {}
    for ci, upstream in [
        *((row["ci"], row["depends_on"]) for row in await conn.fetch(EDGES)),
        *pairs,
    ]:
        edges.setdefault(ci, []).append(upstream)
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1][::-1]  # each item depends on the next
        closing = next((draft for draft in drafts if draft.name in cycle), drafts[0])
        said = "would depend on itself: " + " → ".join(cycle)
        flaw = closing.flaw("depends_on", said)
        raise Unprocessable(f"{closing.name} {said}", flaws=(flaw,)) from None
    await conn.execute(JOIN, [ci for ci, _ in pairs], [upstream for _, upstream in pairs])


KNOWN_CIS = "SELECT name FROM ci WHERE name = ANY($1::text[])"
KNOWN_SERVICES = "SELECT slug FROM service WHERE slug = ANY($1::text[]) AND active FOR SHARE"


async def _unknown(conn: Connection, drafts: Sequence[CiDraft]) -> list[Flaw]:
    services = {
        row["slug"]
        for row in await conn.fetch(KNOWN_SERVICES, list({draft.service for draft in drafts}))
    }
    upstream = {name for draft in drafts for name in draft.depends_on}
    items = {row["name"] for row in await conn.fetch(KNOWN_CIS, list(upstream))} | {
        draft.name for draft in drafts
    }
    return [
        flaw
        for draft in drafts
        for flaw in (
            *(
                []
                if draft.service in services | {""}
                else [draft.flaw("service", f"there is no service {draft.service}")]
            ),
            *(
                draft.flaw("depends_on", f"there is no configuration item {name}")
                for name in draft.depends_on
                if name not in items
            ),
        )
    ]


async def create(conn: Connection, draft: CiDraft, stamp: datetime | None) -> Ci:
    """Create a configuration item, in a transaction of the caller's.

    Raises Conflict for a name that is taken, and as `write` does.
    """
    await conn.execute(TURN)
    if await conn.fetchval(LOCK, draft.name) is not None:
        raise Conflict("there is a configuration item of this name already")
    await write(conn, [draft], stamp)
    return await by_name(conn, draft.name)


async def change(
    conn: Connection,
    name: str,
    changes: Mapping[str, Any],
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> Ci:
    """Change an item and return it, in a transaction of the caller's.

    Changing nothing writes nothing. Raises NotFound, VersionMismatch, and as `write` does.
    """
    await conn.execute(TURN)
    before = await by_name(conn, name, lock=True)
    check_version(name, before.version, if_match)
    present = {field: getattr(before, field) for field in FIELDS}
    wanted = present | {field: _sorted(value) for field, value in changes.items()}
    if wanted == present:
        return before
    await write(conn, [CiDraft(name=name, **wanted)], stamp)
    return await by_name(conn, name)


def _sorted(value: Any) -> Any:
    return (
        tuple(sorted(set(value)))
        if isinstance(value, Collection) and not isinstance(value, str | Mapping)
        else value
    )


DELETE = "DELETE FROM ci WHERE name = $1"


async def delete(conn: Connection, name: str, *, if_match: int | None = None) -> None:
    """Delete an item; raises NotFound, VersionMismatch, and Conflict while others depend on it."""
    await conn.execute(TURN)
    before = await by_name(conn, name, lock=True)
    check_version(name, before.version, if_match)
    if before.dependents:
        raise Conflict(f"{', '.join(before.dependents[:5])} depend on {name}: change those first")
    await conn.execute(FORGET_EDGES, [name])
    try:
        await conn.execute(DELETE, name)
    except asyncpg.ForeignKeyViolationError as error:
        raise Conflict(f"something depends on {name} by now: read it again") from error


DOWN = """
SELECT DISTINCT c.name, c.kind, coalesce(c.service, '') AS service
FROM ci_dependency d JOIN ci c ON c.name = d.ci
WHERE d.depends_on = ANY($1::text[]) AND d.ci <> ALL($2::text[]) ORDER BY c.name LIMIT $3
"""


async def impact(
    conn: Connection, name: str, most: int = MOST, deepest: int = DEEPEST
) -> tuple[list[ImpactedItem], bool]:
    """Return the items that depend on one, nearest first, and whether there are more.

    At most `most` items are returned, up to `deepest` steps downstream. Raises NotFound.
    """
    await by_name(conn, name)
    hits: list[ImpactedItem] = []
    reached, edge = {name}, [name]
    for depth in range(1, deepest + 1):
        rows = await conn.fetch(DOWN, edge, list(reached), most + 1 - len(hits))
        hits += [ImpactedItem(row["name"], row["kind"], row["service"], depth) for row in rows]
        if len(hits) > most:
            return hits[:most], True
        edge = [row["name"] for row in rows]
        reached |= set(edge)
        if not edge:
            return hits, False
    return hits, bool(await conn.fetch(DOWN, edge, list(reached), 1))
