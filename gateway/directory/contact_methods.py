"""Contact methods in the database: where each person is told, in order."""

from collections.abc import Sequence
from datetime import datetime

from gateway.db.pool import Connection
from gateway.directory.contact_method import (
    MOST,
    ContactMethod,
    PersonContactMethod,
    VerifiedAs,
    verified_unasked,
)
from gateway.errors import Conflict, Flaw, NotFound, Unprocessable

LOCK = "SELECT id FROM person WHERE login = $1 FOR UPDATE"
FIND = "SELECT id FROM person WHERE login = $1"
READ = """
SELECT id, channel, address, label, position, verified_at, verified_as
FROM contact_method WHERE person_id = $1 ORDER BY position
"""


async def person_id_of(conn: Connection, login: str, *, lock: bool = False) -> int:
    """Return the id of a person; raises NotFound. With `lock` their methods stay as they are."""
    person_id: int | None = await conn.fetchval(LOCK if lock else FIND, login)
    if person_id is None:
        raise NotFound(f"nobody has the login {login}")
    return person_id


async def methods_of(conn: Connection, login: str) -> tuple[ContactMethod, ...]:
    """Return the contact methods that the person has chosen, () for none; raises NotFound."""
    return await methods_of_id(conn, await person_id_of(conn, login))


async def methods_of_id(conn: Connection, person_id: int) -> tuple[ContactMethod, ...]:
    """Return the contact methods of the person with this id, in order."""
    return tuple(ContactMethod(**row) for row in await conn.fetch(READ, person_id))


async def method_of(
    conn: Connection, login: str, method_id: int, *, lock: bool = False
) -> ContactMethod:
    """Return one method of the person; raises NotFound for somebody else's as for none."""
    person_id = await person_id_of(conn, login, lock=lock)
    for one in await methods_of_id(conn, person_id):
        if one.id == method_id:
            return one
    raise NotFound(f"{login} has no contact method {method_id}")


FORGET_OTHERS = "DELETE FROM contact_method WHERE person_id = $1 AND id <> ALL($2::bigint[])"
PLACE = """
UPDATE contact_method m SET position = t.position
FROM unnest($2::bigint[], $3::smallint[]) AS t(id, position)
WHERE m.id = t.id AND m.person_id = $1
"""
ADD = """
INSERT INTO contact_method (person_id, position, channel, address, label, verified_at, verified_as)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6::text = '' THEN NULL ELSE moment($7) END, $6::text)
RETURNING id
"""


async def replace_methods(
    conn: Connection,
    login: str,
    methods: Sequence[PersonContactMethod],
    stamp: datetime | None = None,
    *,
    by_administrator: bool = False,
) -> None:
    """Replace the person's methods, in the caller's transaction; raises NotFound.

    A method that was there already keeps its id, its label and its verification. What an
    administrator states counts as verified.
    """
    person_id = await person_id_of(conn, login, lock=True)
    known = list(await methods_of_id(conn, person_id))
    kept: dict[int, int] = {}
    new: list[tuple[int, PersonContactMethod]] = []
    for place, method in enumerate(methods, start=1):
        same = next((one for one in known if _says(one) == method), None)
        if same is None:
            new.append((place, method))
        else:
            known.remove(same)
            kept[same.id] = place
    await conn.execute(FORGET_OTHERS, person_id, list(kept))
    await conn.execute(PLACE, person_id, list(kept), list(kept.values()))
    for place, method in new:
        reason = verified_unasked(method, by_administrator=by_administrator) or ""
        await conn.fetchval(
            ADD, person_id, place, method.channel, method.address, "", str(reason), stamp
        )


def _says(one: ContactMethod) -> PersonContactMethod:
    return PersonContactMethod(one.channel, one.address)


async def add_method(
    conn: Connection,
    login: str,
    method: PersonContactMethod,
    label: str,
    position: int | None,
    stamp: datetime | None,
) -> ContactMethod:
    """Add a method and return it; an address that was typed must be verified by a code.

    Raises NotFound, Conflict for one that is there, and Unprocessable if there are too many.
    """
    person_id = await person_id_of(conn, login, lock=True)
    known = await methods_of_id(conn, person_id)
    if method in map(_says, known):
        raise Conflict("the person has this contact method already: change that one")
    if len(known) >= MOST:
        raise Unprocessable(f"a person has at most {MOST} contact methods: delete one first")
    reason = verified_unasked(method, by_administrator=False) or ""
    place = max((one.position for one in known), default=0) + 1
    method_id: int = await conn.fetchval(
        ADD, person_id, place, method.channel, method.address, label, str(reason), stamp
    )
    await _place(conn, person_id, method_id, position)
    return await method_of(conn, login, method_id)


CHANGE = "UPDATE contact_method SET label = $2, address = $3 WHERE id = $1"
VERIFIED = """
UPDATE contact_method SET verified_as = $2,
  verified_at = CASE WHEN $2::text = '' THEN NULL ELSE moment($3) END
WHERE id = $1
"""
FORGET_CODES = "DELETE FROM contact_code WHERE method_id = $1"


async def change_method(
    conn: Connection,
    login: str,
    method_id: int,
    *,
    address: str,
    label: str,
    position: int | None,
    stamp: datetime | None,
) -> ContactMethod:
    """Change a method and return it; another address must be verified anew.

    Raises NotFound, and Conflict for an address that another method has.
    """
    before = await method_of(conn, login, method_id, lock=True)
    person_id = await person_id_of(conn, login)
    after = PersonContactMethod(before.channel, address)
    await conn.execute(CHANGE, method_id, label, address)
    if address != before.address:
        others = [one for one in await methods_of_id(conn, person_id) if one.id != method_id]
        if after in map(_says, others):
            raise Conflict("another contact method of the person has this address")
        reason = verified_unasked(after, by_administrator=False) or ""
        await conn.execute(VERIFIED, method_id, str(reason), stamp)
        await conn.execute(FORGET_CODES, method_id)
    await _place(conn, person_id, method_id, position)
    return await method_of(conn, login, method_id)


DELETE = "DELETE FROM contact_method WHERE id = $1"


async def delete_method(conn: Connection, login: str, method_id: int) -> None:
    """Delete a method; raises NotFound."""
    await method_of(conn, login, method_id, lock=True)
    await conn.execute(DELETE, method_id)
    await _place(conn, await person_id_of(conn, login), method_id, None)


async def mark_verified(conn: Connection, method_id: int, stamp: datetime | None) -> None:
    """Record that a code showed that messages arrive at the method."""
    await conn.execute(VERIFIED, method_id, str(VerifiedAs.CODE), stamp)
    await conn.execute(FORGET_CODES, method_id)


async def _place(conn: Connection, person_id: int, method_id: int, position: int | None) -> None:
    """Move a method to a position, counted from 1; the others keep their order."""
    ids = [one.id for one in await methods_of_id(conn, person_id)]
    if position is not None:
        if not 1 <= position <= len(ids):
            flaw = Flaw("/position", f"a number from 1 to {len(ids)}")
            raise Unprocessable("there is no such position", flaws=(flaw,))
        ids.remove(method_id)
        ids.insert(position - 1, method_id)
    await conn.execute(PLACE, person_id, ids, list(range(1, len(ids) + 1)))
