"""The message to the reporter of a record made by hand, with its number."""

from gateway.access.principal import Principal
from gateway.directory.person import EMAIL
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import LOCALES
from gateway.incidents.record import Incident, Notice
from gateway.operations.unit_of_work import Transaction

REACHABLE = """
SELECT p.login FROM person p WHERE p.active
  AND (p.login = $1 OR lower(p.email) = lower($1) OR (p.phone <> '' AND p.phone = $1))
AND (p.email <> '' OR EXISTS (SELECT FROM contact_method m WHERE m.person_id = p.id))
ORDER BY p.login <> $1 LIMIT 1
"""


async def queue_acknowledgement(tx: Transaction, incident: Incident, who: Principal) -> None:
    """Queue the message in the caller's transaction, if mail is on and the contact has an address.

    A reporter who is not staff cannot have others written to: they get it at their own address
    only.
    """
    settings = tx.uow.rules.settings
    if settings is None or not (
        settings.notify.acknowledge and settings.notify.smtp.host and incident.contact
    ):
        return
    if who.is_outsider and incident.contact.lower() not in who.identities:
        return
    login = await tx.conn.fetchval(REACHABLE, incident.contact)
    if login is not None:
        notice = _notice(incident, f"person:{login}", "")
    elif incident.contact.isascii() and EMAIL.fullmatch(incident.contact):
        notice = _notice(incident, f"smtp:{incident.contact}", incident.language)
    else:
        return
    await queue_notices(tx.conn, [(incident.id, notice)], tx.now)


def _notice(incident: Incident, target: str, language: str) -> Notice:
    """Return the message.

    A person gets it in their own language, another address in the report's.
    """
    facts = {"number": incident.number}
    if not incident.security:
        facts["title"] = incident.title
    if language in LOCALES:
        facts["locale"] = language
    return Notice(
        cause="reported", target=target, role="reporter", template="received", facts=facts
    )
