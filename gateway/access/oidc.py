"""Log-in by an identity provider: the OpenID Connect code flow with state, nonce and PKCE.

See RFC 7636 and RFC 9700.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog
from asyncpg import Record
from yarl import URL

from gateway.access import attempts
from gateway.access.id_token import ExpectedClaims, Subject
from gateway.access.identity_provider import IdentityProvider
from gateway.access.login import LoginService, LoginSession
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import Unauthenticated
from gateway.settings import Oidc
from gateway.tokens.foreign_tokens import UntrustedToken

log = structlog.get_logger()

WITHIN = timedelta(minutes=10)
"""The time a person may take at the provider."""

UNKNOWN = "this log-in was not begun here, is over, or took too long: begin again"


@dataclass(frozen=True, slots=True)
class LoginRedirect:
    """A log-in under way: the address to send the browser to, and the secret that only it keeps."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class OidcLogin:
    """The log-in by an identity provider; `redirect_url` is the address it sends people back to."""

    login: LoginService
    provider: IdentityProvider
    settings: Oidc
    redirect_url: str

    async def begin(self, address: str) -> LoginRedirect:
        """Begin a log-in.

        Raises TooManyAttempts, and Unavailable if the provider cannot be reached.
        """
        metadata = await self.provider.metadata()
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        stamp = self.login.clock.stamp()
        async with acquire(self.login.pool) as conn:
            await attempts.count_attempt(conn, None, address, self.login.limits, stamp)
            await conn.execute(BEGIN, _both(state, browser), nonce, verifier, stamp, WITHIN)
        challenge = (
            base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        )
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_url,
            "scope": self.settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return LoginRedirect(str(URL(metadata.authorization_endpoint).update_query(asked)), browser)

    async def finish(self, state: str, browser: str, code: str, issuer: str | None) -> LoginSession:
        """Open a session for the person that the code stands for.

        A state is valid once, and only in the browser it was made for. Raises Unauthenticated,
        and Unavailable if the provider cannot be reached.
        """
        async with acquire(self.login.pool) as conn:
            begun = await conn.fetchrow(FINISH, _both(state, browser), self.login.clock.stamp())
        if begun is None or begun["late"] or issuer not in (None, self.settings.issuer):
            raise Unauthenticated(UNKNOWN)
        expected = ExpectedClaims(
            self.settings.issuer, self.settings.client_id, begun["nonce"], begun["now"]
        )
        try:
            subject = await self.provider.subject(
                code, begun["verifier"], self.redirect_url, expected
            )
        except UntrustedToken as refusal:
            log.warning("id_token_refused", reason=str(refusal))
            raise Unauthenticated(
                "the identity provider's answer is not to be trusted"
            ) from refusal
        async with transaction(self.login.pool) as conn:
            person = await self._person(conn, subject)
            if person is None:
                log.info("login_refused", subject=subject.id)
                raise Unauthenticated(
                    "the gateway knows nobody by this identity: ask an administrator"
                )
            return await self.login.open(conn, person)

    async def _person(self, conn: Connection, subject: Subject) -> Record | None:
        """Return the row of the person that a subject is linked to, None if there is none.

        At the first log-in the e-mail address that the provider verified links the two.
        """
        issuer = self.settings.issuer
        known = await conn.fetchrow(BY_SUBJECT, issuer, subject.id)
        if known is not None:
            return known if known["active"] else None
        return (
            await conn.fetchrow(BIND, issuer, subject.id, subject.email) if subject.email else None
        )


def _both(state: str, browser: str) -> bytes:
    """Return the hash of state and browser secret; neither is of use without the other."""
    return sha256(f"{state}\0{browser}".encode("utf-8", "surrogatepass")).digest()


BEGIN = """
INSERT INTO login_state (state_hash, nonce, verifier, expires_at)
VALUES ($1, $2, $3, moment($4) + $5::interval)
"""

FINISH = """
DELETE FROM login_state WHERE state_hash = $1
RETURNING nonce, verifier, moment($2) AS now,
  expires_at <= moment($2) AS late
"""

BY_SUBJECT = (
    "SELECT id, login, roles, active FROM person WHERE oidc_issuer = $1 AND oidc_subject = $2"
)

BIND = """
UPDATE person SET oidc_issuer = $1, oidc_subject = $2, version = version + 1
WHERE lower(email) = lower($3::text) AND active AND oidc_subject IS NULL RETURNING id, login, roles
"""
