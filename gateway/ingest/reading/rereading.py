"""The repeated reading of a request with a mapping, without storing the result. Pure."""

from collections.abc import Mapping
from datetime import datetime

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed
from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.quarantine import mapping as mappings
from gateway.quarantine.trial import Trial, preview_alert
from gateway.settings import SourceSettings

UNSET = SourceSettings()
"""The settings of a source without any."""


def read_again(
    source: Source, settings: SourceSettings, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> ParsedDelivery:
    """Return the content of a request, all of it.

    Raises Malformed with every flaw, and Forbidden for an account that may not send.
    """
    parsed = read_leniently(source, settings, mapping, delivery)
    if parsed.refused:
        flaws = tuple(Flaw(refused.pointer, refused.problem) for refused in parsed.refused)
        raise Malformed("it still cannot be understood", flaws=flaws)
    return parsed


def try_reading(
    source: Source, settings: SourceSettings, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> Trial:
    """Return the alerts that a request would become, or its flaws."""
    try:
        parsed = read_again(source, settings, mapping, delivery)
    except (Malformed, Forbidden) as error:
        return Trial(flaws=list_flaws(error))
    return Trial(
        tuple(preview_alert(alert) for _, alert in parsed.alerts),
        tuple(reason for _, reason in parsed.ignored),
    )


def list_flaws(error: GatewayError) -> tuple[Flaw, ...]:
    """Return the flaws of an error, or the error as one flaw where it has none."""
    return error.flaws or (Flaw("", error.detail),)


def summarize_problem(error: GatewayError) -> str:
    """Return one sentence about an error, with its first flaw if that says more."""
    first = list_flaws(error)[0].detail
    return error.detail if first == error.detail else f"{error.detail}: {first}"


def rebuild_delivery(
    source: Source, item: int, headers: Mapping[str, str], body: bytes, received_at: datetime
) -> WebhookDelivery:
    """Return a quarantined entry as a request; a single item is wrapped into a body."""
    return WebhookDelivery(headers, body if item < 0 else source.wrap(body), received_at)
