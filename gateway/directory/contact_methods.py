"""Contact methods in the database: the channels on which each person is reached, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.db.pool import Connection
from gateway.directory.contact_method import PersonContactMethod, targets
from gateway.errors import NotFound
from gateway.settings.recipients import RecipientAddress

READ = """
SELECT p.id, p.login, p.email, p.locale, p.zone, p.active,
  array(SELECT m.channel FROM contact_method m WHERE m.person_id = p.id ORDER BY m.position)
    AS channels,
  array(SELECT m.address FROM contact_method m WHERE m.person_id = p.id ORDER BY m.position)
    AS addresses
FROM person p WHERE p.login = $1
"""


@dataclass(frozen=True, slots=True)
class PersonAddresses:
    """A person's addresses in the order they are tried, with their language and time zone."""

    locale: str
    targets: tuple[RecipientAddress, ...]
    zone: str = ""


async def addresses_of(conn: Connection, login: str) -> PersonAddresses | None:
    """Return how an active person is reached; None if nobody active has the login."""
    row = await conn.fetchrow(READ, login)
    if row is None or not row["active"]:
        return None
    methods = tuple(map(PersonContactMethod, row["channels"], row["addresses"]))
    return PersonAddresses(row["locale"], targets(row["login"], row["email"], methods), row["zone"])


async def methods_of(conn: Connection, login: str) -> tuple[PersonContactMethod, ...]:
    """Return the contact methods that the person has chosen, () for none; raises NotFound."""
    row = await conn.fetchrow(READ, login)
    if row is None:
        raise NotFound(f"nobody has the login {login}")
    return tuple(map(PersonContactMethod, row["channels"], row["addresses"]))


LOCK = "SELECT id FROM person WHERE login = $1 FOR UPDATE"
FORGET = "DELETE FROM contact_method WHERE person_id = $1"
WRITE = """
INSERT INTO contact_method (person_id, position, channel, address)
SELECT $1, t.position, t.channel, t.address
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS t(channel, address, position)
"""


async def replace_methods(
    conn: Connection, login: str, methods: Sequence[PersonContactMethod]
) -> None:
    """Replace the person's methods, in the caller's transaction; raises NotFound."""
    person_id = await conn.fetchval(LOCK, login)
    if person_id is None:
        raise NotFound(f"nobody has the login {login}")
    await conn.execute(FORGET, person_id)
    await conn.execute(
        WRITE, person_id, [one.channel for one in methods], [one.address for one in methods]
    )
