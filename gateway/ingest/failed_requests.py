"""Counting of intake requests that end in an error, the same for every endpoint."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import (
    Forbidden,
    Malformed,
    Overloaded,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics


def outcome_of(error: BaseException) -> RequestOutcome | None:
    """Return the outcome that an error of intake counts as; None for one that is not counted.

    A cancelled request is one that was not committed in time.
    """
    match error:
        case Unauthenticated() | Forbidden():
            return RequestOutcome.UNTRUSTED
        case Malformed() | TooLarge():
            return RequestOutcome.REFUSED
        case Overloaded() | TooManyAttempts():
            return RequestOutcome.OVERLOADED
        case Unavailable() | asyncio.CancelledError():
            return RequestOutcome.UNAVAILABLE
    return None


def count_failure(metrics: Metrics, source: str, error: BaseException) -> None:
    """Count a request of a source that ended in this error."""
    if (outcome := outcome_of(error)) is not None:
        metrics.request(source, outcome)
    if isinstance(error, Overloaded):
        metrics.overloads.inc()


@contextmanager
def counting_failures(metrics: Metrics, source: str) -> Iterator[None]:
    """Count the error that the enclosed part of a request of a source ends in, if it does."""
    try:
        yield
    except BaseException as error:
        count_failure(metrics, source, error)
        raise
