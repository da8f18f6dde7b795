"""What can go wrong, in the words of the domain. No HTTP here: `web/problems.py` alone knows status codes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with one place of an input; `pointer` is an RFC 6901 JSON pointer ("" is the whole)."""

    pointer: str
    detail: str


class GatewayError(Exception):
    """Something the caller can be told: what happened and what to do next.

    `code` is the stable slug of the problem type, `detail` the sentence for people, `flaws` the places at fault.
    """

    code = "gateway_error"

    def __init__(self, detail: str, *, flaws: tuple[Flaw, ...] = (), **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.flaws = flaws
        self.facts = facts


class Malformed(GatewayError):
    """The input cannot be understood."""

    code = "malformed"


class Unprocessable(GatewayError):
    """The input is well-formed and its values are not acceptable."""

    code = "unprocessable"


class TooLarge(GatewayError):
    """The input is over a limit of size, depth or count."""

    code = "too_large"


class Unauthenticated(GatewayError):
    """No key, or a key that is unknown, revoked or expired."""

    code = "unauthenticated"


class Forbidden(GatewayError):
    """The key is known and lacks the scope."""

    code = "forbidden"


class NotFound(GatewayError):
    """Nothing by that name that the caller may see."""

    code = "not_found"


class IllegalTransition(GatewayError):
    """The action is not in the transition table for the record's present state."""

    code = "illegal_transition"


class Conflict(GatewayError):
    """The request contradicts what is recorded."""

    code = "conflict"


class VersionMismatch(GatewayError):
    """If-Match named another version than the present one."""

    code = "version_mismatch"


class IdempotencyMismatch(GatewayError):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency_mismatch"


class TooManyAttempts(GatewayError):
    """Tried more often than a person would: come back after `retry_after` seconds."""

    code = "too_many_attempts"


class Overloaded(GatewayError):
    """More is queued than will be answered in time: come back shortly."""

    code = "overloaded"


class QuotaExceeded(GatewayError):
    """The caller has used up its own quota: come back after `retry_after` seconds."""

    code = "quota_exceeded"


class Unavailable(GatewayError):
    """A dependency is down; nothing was committed."""

    code = "unavailable"


class Misconfigured(GatewayError):
    """The settings cannot be used; `flaws` lists every problem found."""

    code = "misconfigured"
