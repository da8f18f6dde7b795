"""Every error of intake has one outcome in the metrics, at whatever endpoint it occurred."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from gateway import errors
from gateway.ingest.failed_requests import counting_failures
from gateway.observe.metrics import Metrics

OUTCOMES = {
    errors.Unauthenticated("no key"): "untrusted",
    errors.Forbidden("not yours"): "untrusted",
    errors.Malformed("no JSON"): "refused",
    errors.TooLarge("too long"): "refused",
    errors.Overloaded("full"): "overloaded",
    errors.TooManyAttempts("wait"): "overloaded",
    errors.Unavailable("down"): "unavailable",
    asyncio.CancelledError(): "unavailable",
    errors.IdempotencyMismatch("another body"): "",
    ZeroDivisionError(): "",
}


@pytest.mark.parametrize(
    ("error", "outcome"), OUTCOMES.items(), ids=[type(one).__name__ for one in OUTCOMES]
)
def test_intake_error_is_raised_again_and_counted_once(error: BaseException, outcome: str) -> None:
    metrics = Metrics(CollectorRegistry(), ["web"])
    with pytest.raises(type(error)), counting_failures(metrics, "web"):
        raise error
    counted = {
        sample.labels["outcome"]: sample.value
        for family in metrics.intake_requests.collect()
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    }
    assert counted == ({outcome: 1.0} if outcome else {})
    full = metrics.registry.get_sample_value("gateway_intake_overload_refusals_total")
    assert full == (1.0 if isinstance(error, errors.Overloaded) else 0.0)
