"""The errors of the domain. No HTTP here: `web/problems.py` alone knows status codes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One error of an input.

    `pointer` is the RFC 6901 JSON pointer of its place ("" is the whole).
    """

    pointer: str
    detail: str


class GatewayError(Exception):
    """An error that is reported to the caller: what happened and what to do next.

    `code` is the stable slug of the problem type, `detail` the sentence for people, `flaws` the
    places at fault.
    """

    code = "gateway_error"

    def __init__(self, detail: str, *, flaws: tuple[Flaw, ...] = (), **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.flaws = flaws
        self.facts = facts


class Malformed(GatewayError):
    """The input cannot be parsed."""

    code = "malformed"


class Unprocessable(GatewayError):
    """The input is well-formed, but its values are not acceptable."""

    code = "unprocessable"


class TooLarge(GatewayError):
    """The input is over a limit of size, depth or count."""

    code = "too_large"


class Unauthenticated(GatewayError):
    """The request has no key, or one that is unknown, revoked or expired."""

    code = "unauthenticated"


class Forbidden(GatewayError):
    """The caller is known and lacks a permission, such as a scope."""

    code = "forbidden"


class NotFound(GatewayError):
    """The named object does not exist, or the caller may not see it."""

    code = "not_found"


class IllegalTransition(GatewayError):
    """The lifecycle does not allow the action in the present state of the record."""

    code = "illegal_transition"


class Conflict(GatewayError):
    """The request contradicts the stored data."""

    code = "conflict"


class VersionMismatch(GatewayError):
    """If-Match named another version than the present one."""

    code = "version_mismatch"


class IdempotencyMismatch(GatewayError):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency_mismatch"


class TooManyAttempts(GatewayError):
    """The caller made too many attempts, such as logins; retry after `retry_after` seconds."""

    code = "too_many_attempts"


class Overloaded(GatewayError):
    """The queue is longer than can be answered in time; retry shortly."""

    code = "overloaded"


class QuotaExceeded(GatewayError):
    """The caller has used up its own quota; retry after `retry_after` seconds."""

    code = "quota_exceeded"


class Unavailable(GatewayError):
    """A dependency is down; nothing was committed."""

    code = "unavailable"


class Misconfigured(GatewayError):
    """The settings cannot be used; `flaws` lists every problem found."""

    code = "misconfigured"
