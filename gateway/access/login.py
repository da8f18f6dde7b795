"""Log-in by password: a session is an API key that expires."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from asyncpg import Record

from gateway.access import attempts, keys
from gateway.access.attempts import LoginLimits
from gateway.access.credentials import revoke_all
from gateway.access.keys import KeyInfo, Scope
from gateway.access.passwords import Passwords, check_password
from gateway.db.pool import Connection, Pool, acquire, transaction
from gateway.directory.roles import Role, parse_roles
from gateway.errors import Unauthenticated, Unprocessable
from gateway.timing.clock import Clock

log = structlog.get_logger()

WRONG = "the login or the password is wrong"


@dataclass(frozen=True, slots=True)
class LoginSession:
    """The result of a log-in; `token` is an API key of the person, shown this once."""

    token: str
    login: str
    info: KeyInfo


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A change of a password.

    With `keep_keys` the person's own keys and chat accounts stay valid.
    """

    old: str
    new: str
    keep_keys: bool


@dataclass(frozen=True, slots=True)
class LoginService:
    """The log-in of people; a session lasts `lasting`."""

    pool: Pool
    clock: Clock
    passwords: Passwords
    limits: LoginLimits
    lasting: timedelta

    async def by_password(self, login: str, password: str, address: str) -> LoginSession:
        """Check a password and open a session.

        Raises Unauthenticated, the same for an unknown login; TooManyAttempts; Overloaded.
        """
        login = login.strip().lower()
        async with acquire(self.pool) as conn:
            await attempts.count_attempt(conn, login, address, self.limits, self.clock.stamp())
            person = await conn.fetchrow(BY_LOGIN, login)
        kept = None if person is None else person["password_hash"]
        if not await self.passwords.matches(kept, password) or person is None or kept is None:
            log.info("login_refused", address=address, login=None if person is None else login)
            raise Unauthenticated(WRONG)
        fresh = await self.passwords.hash(password) if self.passwords.is_dated(kept) else kept
        async with transaction(self.pool) as conn:
            if await conn.fetchval(STILL, person["id"], kept, fresh) is None:
                raise Unauthenticated(WRONG)
            await attempts.reset_attempts(conn, login, address)
            return await self.open(conn, person)

    async def open(self, conn: Connection, person: Record) -> LoginSession:
        """Open a session for a row of `person` with id, login and roles."""
        stamp = self.clock.stamp()
        expires = await conn.fetchval(IN_A_WHILE, stamp, self.lasting)
        scopes = grantable_scopes(parse_roles(person["roles"]))
        text, info = await keys.create(
            conn,
            f"session of {person['login']}",
            scopes,
            stamp,
            expires_at=expires,
            person_id=person["id"],
            session=True,
        )
        log.info("login", login=person["login"], key=info.id)
        return LoginSession(text, person["login"], info)

    async def change_password(
        self, login: str, given: PasswordChange, address: str, key_id: int
    ) -> None:
        """Set the person's own password and revoke everything else that was issued to them.

        Raises Unprocessable, TooManyAttempts, Overloaded.
        """
        async with acquire(self.pool) as conn:
            await attempts.count_attempt(conn, login, address, self.limits, self.clock.stamp())
            person = await conn.fetchrow(BY_LOGIN, login)
        if person is None or not await self.passwords.matches(person["password_hash"], given.old):
            raise Unprocessable("the old password is wrong")
        await self.set_password(login, given.new, but=key_id, keep_keys=given.keep_keys)

    async def set_password(
        self, login: str, new: str, *, but: int | None = None, keep_keys: bool = False
    ) -> None:
        """Set a password and revoke all that was issued to the person, except the key `but`.

        With `keep_keys` keys of their own and chat accounts stay too. Raises Unprocessable.
        """
        async with acquire(self.pool) as conn:
            person = await conn.fetchrow(BY_LOGIN, login)
        if person is None:
            raise Unprocessable(f"nobody active has the login {login}")
        kept = await self.passwords.hash(
            check_password(new, login, person["name"], person["email"])
        )
        stamp: datetime | None = self.clock.stamp()
        async with transaction(self.pool) as conn:
            await conn.execute(SET, person["id"], kept, stamp)
            await revoke_all(conn, person["id"], stamp, but=but, sessions_only=keep_keys)
        log.info("password_set", login=login)


def grantable_scopes(roles: frozenset[Role]) -> frozenset[Scope]:
    """Return the scopes that a key of a person with these roles may have."""
    return frozenset(
        {Scope.READ, Scope.WRITE} | ({Scope.ADMIN} if Role.ADMINISTRATOR in roles else set())
    )


BY_LOGIN = (
    "SELECT id, login, name, email, roles, password_hash FROM person WHERE login = $1 AND active"
)

STILL = """
UPDATE person SET password_hash = $3::text WHERE id = $1 AND active AND password_hash = $2::text
RETURNING id
"""
"""A statement that changes no row if the password changed, or the person left, meanwhile."""

IN_A_WHILE = "SELECT moment($1) + $2::interval"

SET = """
UPDATE person SET password_hash = $2, version = version + 1, updated_at = moment($3)
WHERE id = $1
"""
