"""The result of a refused call of a push service, by its status. Pure."""

from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Retry, Undeliverable


def refusal_result(vendor: str, status: int, reason: str) -> Retry | Undeliverable:
    """Return the result of an answer other than success.

    A refused token, and a server that knows no such address, get a few attempts: somebody may
    be fixing them. A message that is refused for itself is refused again.
    """
    said = f"{vendor}: {status} {reason[:200]}".strip()
    if status in (400, 413, 422):
        return Undeliverable(said)
    return Retry(said, at_most=FEW_ATTEMPTS, down=status == 401)
