"""To a person by login: the address and the language are those they have when the message is sent."""

from dataclasses import dataclass, replace

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.notify.message import Channel, Dead, Message, Result, Retry
from gateway.notify.templates import render

SOMEBODY = "SELECT email, locale FROM person WHERE login = $1 AND active"


@dataclass(frozen=True, slots=True)
class PersonChannel:
    """Hands everything on to `mail`."""

    pool: Pool
    mail: Channel
    external_url: str

    def endpoint(self, recipient: str) -> str:
        """Where mail goes."""
        return self.mail.endpoint(recipient)

    async def send(self, message: Message) -> Result:
        """Find them and mail it once."""
        try:
            async with acquire(self.pool) as conn:
                row = await conn.fetchrow(SOMEBODY, message.recipient)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")
        if row is None or not row["email"]:
            return Dead("nobody has this login" if row is None else "has no e-mail address")
        words = render(message.template, message.facts, self.external_url, row["locale"])
        return await self.mail.send(replace(message, recipient=row["email"], subject=words.subject, text=words.text))
