"""Rate limits of log-in attempts.

Attempts are counted in PostgreSQL before they are made, so that all replicas count together.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from gateway.db.pool import Connection
from gateway.errors import TooManyAttempts

WIDER = 10
"""The factor by which the limits of one login and of one address exceed that of a pair of both.

So a guesser at one address locks out only that address; to lock out a login it takes ten
addresses.
"""

COUNT = """
INSERT INTO login_attempt AS a (subject, since, count)
SELECT subject, moment($2), 1 FROM unnest($1::bytea[]) AS s (subject) ORDER BY subject
ON CONFLICT (subject) DO UPDATE SET
  count = CASE WHEN a.since + $3::interval <= excluded.since THEN 1
    ELSE least(a.count + 1, 1000000) END,
  since = CASE WHEN a.since + $3::interval <= excluded.since THEN excluded.since ELSE a.since END
RETURNING subject, count, since + $3::interval - moment($2) AS rest
"""

FORGET = "DELETE FROM login_attempt WHERE subject = ANY($1::bytea[])"


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """The attempts that one login may make from one address in one window."""

    attempts: int
    window: timedelta


async def count_attempt(
    conn: Connection, login: str | None, address: str, limits: LoginLimits, stamp: datetime | None
) -> None:
    """Count one attempt and commit it; raise TooManyAttempts if it exceeds a limit.

    With `login` None only the attempts of the address are counted.
    """
    allowed = _subjects(login, address, limits.attempts)
    rows = await conn.fetch(COUNT, sorted(allowed), stamp, limits.window)
    over = [row["rest"] for row in rows if row["count"] > allowed[row["subject"]]]
    if over:
        seconds = max(1, round(max(over).total_seconds()))
        raise TooManyAttempts("too many attempts: wait, then try again", retry_after=seconds)


async def reset_attempts(conn: Connection, login: str, address: str) -> None:
    """Reset the count of a login after a successful log-in.

    The attempts of its address with other logins stay counted.
    """
    mistaken = _subjects(login, address, 0).keys() - _subjects(None, address, 0).keys()
    await conn.execute(FORGET, list(mistaken))


def _subjects(login: str | None, address: str, attempts: int) -> dict[bytes, int]:
    where = network(address)
    named = {f"address\0{where}": attempts * WIDER}
    if login is not None:
        named |= {f"pair\0{login}\0{where}": attempts, f"login\0{login}": attempts * WIDER}
    return {
        sha256(name.encode("utf-8", "surrogatepass")).digest(): most for name, most in named.items()
    }


def network(address: str) -> str:
    """Return the address, of an IPv6 address its /64 network, all of which one subscriber has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
