"""The writing of knowledge articles, on their own or from the solution of a record.

A record is then linked to its article.
"""

from collections.abc import Mapping
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, in_transaction, transaction
from gateway.db.versioned import check_version
from gateway.errors import Conflict, Flaw, NotFound, Unprocessable
from gateway.incidents import store
from gateway.incidents.record import Incident, Revision
from gateway.knowledge import articles
from gateway.knowledge.articles import Article
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.linked import RecordLink, put_link
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import ArticleState, LinkKind

SYSTEM = "gateway"
"""The name in links of the system that stores articles."""


async def write_article(uow: UnitOfWork, fields: Mapping[str, Any], who: Principal) -> Article:
    """Create an article.

    Raises Forbidden, and Unprocessable for one published without a solution.
    """
    raise_if_refused(may(who, Action.PUBLISH))
    _check(fields["state"], fields["solution"])
    async with transaction(uow.pool) as conn:
        return await articles.add(
            conn, fields, None, await fetch_now(conn, uow.clock.stamp()), who.name
        )


async def change_article(
    uow: UnitOfWork,
    article: int,
    changes: Mapping[str, Any],
    who: Principal,
    *,
    if_match: int | None,
) -> Article:
    """Change fields of an article; the timeline of its record, if it has one, notes the change.

    Raises NotFound, Forbidden and Unprocessable.
    """
    raise_if_refused(may(who, Action.PUBLISH))

    async def once(conn: Connection) -> tuple[Transaction, Article]:
        tx = await uow.on(conn)
        of = (await _found(conn, article, who)).incident_id
        records = (
            [] if of is None else await store.lock(conn, [of])
        )  # before the article, as when it is made of a record
        before = await _found(conn, article, who, lock=True)
        check_version(f"article {article}", before.version, if_match)
        _check(changes.get("state", before.state), changes.get("solution", before.solution))
        after = await articles.change(conn, before, changes, tx.now, who.name)
        event = (
            "article_changed",
            {"article": article, "state_of_article": after.state, "fields": sorted(changes)},
        )
        await tx.write(
            [Revision(after=record, actor=who.name, events=(event,)) for record in records]
        )
        return tx, after

    tx, changed = await in_transaction(uow.pool, once)
    uow.committed(tx.changes)
    return changed


async def _found(conn: Connection, article: int, who: Principal, *, lock: bool = False) -> Article:
    found = await articles.by_id(conn, article, visibility_of(who), lock=lock)
    if found is None:
        raise NotFound(f"there is no article {article}")
    return found


async def publish_solution(
    uow: UnitOfWork,
    number: str,
    state: ArticleState,
    title: str,
    symptom: str,
    who: Principal,
    *,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Make an article of a record's solution and link the record to it.

    Empty arguments are taken from the record. Raises NotFound, Forbidden, and Conflict for a
    record without a solution and for a security incident.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.INSPECT, incident))
        raise_if_refused(may(who, Action.PUBLISH))
        if not incident.solution:
            raise Conflict(f"{number} has no solution yet: there is nothing to tell")
        if incident.security:
            raise Conflict(
                f"{number} is a security incident: an article would tell everybody of it"
            )
        fields = _fields(incident, state, title, symptom)
        article = await articles.add(tx.conn, fields, incident.id, tx.now, who.name)
        linked = RecordLink(
            kind=LinkKind.KNOWLEDGE, system=SYSTEM, reference=str(article.id), title=article.title
        )
        tied = await put_link(tx, incident, linked, who.name)
        revision = Revision(
            after=tied,
            actor=who.name,
            events=(("article_written", {"article": article.id, "state": state}),),
        )
        return (await tx.write([revision]))[0]

    return await run_once(uow, once, who, work)


def _fields(incident: Incident, state: ArticleState, title: str, symptom: str) -> Mapping[str, Any]:
    return {
        "state": state,
        "title": title or incident.title,
        "symptom": symptom or incident.description,
        "solution": incident.solution,
        "service": incident.service,
        "category": incident.category,
        "language": incident.language,
    }


def _check(state: ArticleState, solution: str) -> None:
    if state is ArticleState.PUBLISHED and not solution.strip():
        raise Unprocessable(
            "an article is published with a solution", flaws=(Flaw("/solution", "is needed"),)
        )
