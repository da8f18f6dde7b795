"""The writer of a mail, as known from the directory and the mail's header.

Anybody can write any From. So an entry made by mail stands in the timeline under its address,
with the rights of a reporter alone. Only staff whose address is authenticated write in their own
name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.access.principal import Principal
from gateway.channels.email.correspondent import Correspondent, correspondent, likely_author
from gateway.channels.email.parsing.authentication import SenderCheck
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.speakers import find_by_email, reporter_rights_only, unknown_reporter
from gateway.db.pool import Connection
from gateway.operations.author import Author


@dataclass(frozen=True, slots=True)
class MailWriter:
    """The writer of a mail.

    `to` is answered, `who` acts, with the rights of a reporter. `person` is the staff member of
    the directory who has the address, `check` says whether the address is authenticated.
    `author` is the likelihood that they wrote it themselves, `locale` the language they chose.
    """

    to: Correspondent
    who: Principal
    person: Principal | None
    author: Author
    locale: str | None
    check: SenderCheck

    @property
    def staff(self) -> Principal | None:
        """The staff member who certainly wrote it, None if that is not certain."""
        return self.person if self.check is SenderCheck.AUTHENTICATED else None

    @property
    def name(self) -> Principal:
        """The principal in whose name the note and its files stand."""
        return self.staff or self.who

    def facts(self, *, proven: bool = True) -> Mapping[str, str]:
        """Return the facts in the timeline on a sender who may not be the one they seem to be."""
        if self.check is SenderCheck.FAILED:
            return {"sender": "failed_authentication"}
        doubted = self.check is SenderCheck.UNKNOWN and (self.person is not None or not proven)
        return {"sender": "unverified"} if doubted else {}


async def find_writer(conn: Connection, letter: ParsedMail, check: SenderCheck) -> MailWriter:
    """Return the writer of a mail; `check` is about the address in From."""
    found = await find_by_email(conn, letter.sender)
    to = correspondent(letter, known=found is not None)
    if found is not None:
        return MailWriter(
            to,
            reporter_rights_only(found[0], to.address),
            _staff(found),
            likely_author(letter, to),
            found[1],
            check,
        )
    if to.address == letter.sender:
        return MailWriter(
            to, unknown_reporter(to.address, "email"), None, likely_author(letter, to), None, check
        )
    other = await find_by_email(conn, to.address)
    of_from = check if check is SenderCheck.FAILED else SenderCheck.UNKNOWN
    locale = other[1] if other else None
    return MailWriter(
        to,
        unknown_reporter(to.address, "email"),
        _staff(other),
        likely_author(letter, to),
        locale,
        of_from,
    )


def _staff(found: tuple[Principal, str | None] | None) -> Principal | None:
    return found[0] if found is not None and not found[0].is_outsider else None
