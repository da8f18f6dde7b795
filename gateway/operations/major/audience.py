"""The recipients that messages about a record may reach.

They are people who may see it, and addresses that pass the address guard.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from asyncpg import Record

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal, principal_of_person
from gateway.db.pool import Connection
from gateway.directory.person import EMAIL
from gateway.egress.address_guard import AddressRefused
from gateway.egress.guarded_calls import make_guard
from gateway.errors import Flaw, Unprocessable
from gateway.incidents.record import Incident
from gateway.settings import Settings
from gateway.settings.notify import CONVERSATIONS, NOTIFICATION_CHANNELS

PERSON = "person:"
"""The prefix of a target that is a person; a login follows."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The addresses of a message to all subscribers.

    `locales` are the addresses with each one's language if it is known, `left_out` the
    subscribers that no message reaches. `about` is the number of the related record that
    somebody subscribed to, where they did not subscribe to the master itself.
    """

    locales: Mapping[str, str | None]
    about: Mapping[str, str]
    left_out: tuple[str, ...]


REACHED = """
SELECT s.target, p.login, p.email, p.phone, p.locale, p.roles,
  nullif(i.number, master.number) AS about
FROM incident master JOIN incident i ON i.id = master.id OR i.master_id = master.id
  JOIN subscription s ON s.incident_id = i.id
  LEFT JOIN person p ON s.target = 'person:' || p.login AND p.active
WHERE master.id = $1 ORDER BY i.id <> master.id, s.id
"""


async def load_audience(conn: Connection, incident: Incident) -> Audience:
    """Return the recipients of an update now, subscribers of related records included.

    Related records have no updates of their own. People who may not see the record any more are
    left out, and for a security incident every outside address.
    """
    locales: dict[str, str | None] = {}
    about: dict[str, str] = {}
    left_out: list[str] = []
    for row in await conn.fetch(REACHED, incident.id):
        address = _address(row, incident)
        if address is None:
            left_out.append(row["target"])
        elif address not in locales:
            locales[address] = row["locale"]
            if row["about"]:
                about[address] = row["about"]
    return Audience(locales, about, tuple(dict.fromkeys(left_out)))


def _address(row: Record, incident: Incident) -> str | None:
    if not row["target"].startswith(PERSON):
        return None if incident.security else row["target"]
    if (
        row["login"] is None
        or not row["email"]
        or not visibility_of(principal_of_row(row)).sees(incident)
    ):
        return None
    return f"smtp:{row['email']}"


def principal_of_row(row: Record) -> Principal:
    """Return the principal of a row with login, email, phone and roles."""
    return principal_of_person(row["login"], row["email"], row["phone"], row["roles"])


EXAMPLES = (
    "smtp:a@example.com",
    "webhook:https://…",
    *(f"{chat}:{NOTIFICATION_CHANNELS[chat].example}" for chat in CONVERSATIONS),
)
WRITE = f"write {', '.join(EXAMPLES[:-1])} or {EXAMPLES[-1]}"


def check_address(settings: Settings | None, address: str) -> str:
    """Return an address that messages may go to; raise Unprocessable for any other."""
    channel, _, recipient = address.partition(":")
    if channel == "smtp" and recipient.isascii() and EMAIL.fullmatch(recipient):
        return address
    if channel in CONVERSATIONS and CONVERSATIONS[channel].fullmatch(recipient):
        return address
    if channel != "webhook":
        raise Unprocessable("no message can go there", flaws=(Flaw("/address", WRITE),))
    private = settings is not None and settings.notify.webhook.allow_private
    try:
        make_guard(allow_private=private).check_url(recipient)
    except AddressRefused as refusal:
        raise Unprocessable(
            "nothing is sent there", flaws=(Flaw("/address", str(refusal)),)
        ) from refusal
    return address


SOMEBODY = "SELECT login, email, phone, roles FROM person WHERE login = $1 AND active"


async def check_target(conn: Connection, incident: Incident, target: str) -> None:
    """Raise Unprocessable for a target that no message about this record may reach."""
    if not target.startswith(PERSON):
        if incident.security:
            raise Unprocessable(
                "a security incident is told to nobody outside",
                flaws=(Flaw("/address", "name a person"),),
            )
        return
    row = await conn.fetchrow(SOMEBODY, target.removeprefix(PERSON))
    for missing, detail in (
        (row is None, "nobody has this login"),
        (row is not None and not row["email"], "has no e-mail address"),
        (
            row is not None and not visibility_of(principal_of_row(row)).sees(incident),
            "may not see this record",
        ),
    ):
        if missing:
            raise Unprocessable("this person cannot be told", flaws=(Flaw("/person", detail),))


PRIVY_PEOPLE = """
SELECT p.login, p.email, p.phone, p.roles FROM person p WHERE p.active AND p.login = ANY($1::text[])
UNION ALL
SELECT NULL, NULL, NULL, array_agg(DISTINCT role) FROM staff_group g
  JOIN staff_group_member m ON m.group_id = g.id
  JOIN person p ON p.id = m.person_id AND p.active CROSS JOIN unnest(p.roles) AS role
WHERE g.slug = $2 GROUP BY g.slug
"""


async def excluded_workers(conn: Connection, incident: Incident) -> list[str]:
    """Return the logins of those who work on a security incident and may not see it."""
    people = sorted({incident.assignee, incident.handler, incident.owner} - {""})
    return [
        row["login"]
        for row in await conn.fetch(PRIVY_PEOPLE, people, "")
        if not visibility_of(
            principal_of_person(row["login"], row["email"], row["phone"], row["roles"])
        ).sees(incident)
    ]


async def check_workers(conn: Connection, before: Incident, after: Incident) -> None:
    """Raise Unprocessable for a security incident given to somebody who may not see it.

    That is a person, or a group none of whose members may.
    """
    people = {after.assignee, after.handler, after.owner} - {
        before.assignee,
        before.handler,
        before.owner,
        "",
    }
    group = after.assignee_group if after.assignee_group != before.assignee_group else ""
    if not after.security or not (people or group):
        return
    for row in await conn.fetch(PRIVY_PEOPLE, sorted(people), group):
        if not visibility_of(
            principal_of_person(
                row["login"] or group, row["email"] or "", row["phone"] or "", row["roles"]
            )
        ).sees(after):
            name = "person" if row["login"] else "group"
            detail = f"{row['login'] or group} may not see security incidents"
            raise Unprocessable(
                "this security incident is not seen by whom it is given to",
                flaws=(Flaw(f"/{name}", detail),),
            )
