"""The writer of a mail, as the directory and the mail's head tell.

With the rights of a reporter, whoever they are.

Anybody can write any From. So what comes by mail stands in the timeline under its address, and
gives no right of a role.
"""

from dataclasses import dataclass

from gateway.db.pool import Connection
from gateway.ingest.mail.correspondent import Correspondent, author, correspondent
from gateway.ingest.mail.letter import Letter
from gateway.ingest.speakers import by_email, reporter, stranger
from gateway.operations.author import Author
from gateway.operations.who import Who


@dataclass(frozen=True, slots=True)
class Writer:
    """The writer of a mail.

    `to` is answered, `who` acts, `person` is whom the directory knows by the address From.

    `author` says how sure it is that they wrote it themselves, `locale` the language they chose.
    """

    to: Correspondent
    who: Who
    person: Who | None
    author: Author
    locale: str | None


async def writer(conn: Connection, letter: Letter) -> Writer:
    """Return who wrote a mail."""
    found = await by_email(conn, letter.sender)
    to = correspondent(letter, known=found is not None)
    if found is not None:
        return Writer(to, reporter(found[0], to.address), found[0], author(letter, to), found[1])
    other = await by_email(conn, to.address) if to.address != letter.sender else None
    return Writer(to, stranger(to.address, "email"), None, author(letter, to), other[1] if other else None)
