"""The marks of people who declined a record, which keep them from being told again. Pure.

A mark is `declined:PRIORITY:LOGIN`. It holds until somebody takes the record, it is given to
others or opened again, and as long as the record is no more urgent than it was.
"""

from gateway.incidents.record import Incident

DECLINED = "declined:"


def declined_by(incident: Incident) -> frozenset[str]:
    """Return the logins of those who declined the record as it stands."""
    found = (
        mark.removeprefix(DECLINED).partition(":")
        for mark in incident.marks
        if mark.startswith(DECLINED)
    )
    return frozenset(login for priority, _, login in found if int(priority) <= incident.priority)


def with_declined(incident: Incident, login: str) -> tuple[str, ...]:
    """Return the marks of the record with the one of a person who declines it."""
    mark = f"{DECLINED}{incident.priority}:{login}"
    return incident.marks if mark in incident.marks else (*incident.marks, mark)


def without_declined(marks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the marks without those of people who declined."""
    return tuple(mark for mark in marks if not mark.startswith(DECLINED))
