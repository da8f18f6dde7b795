"""A request read once more, with a mapping laid before it: what becomes of it, without doing it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed
from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.source import Delivery, Parsed, Source
from gateway.quarantine import mapping as mappings
from gateway.quarantine.trial import Trial, becoming
from gateway.settings import Intake

UNSET = Intake()
"""The settings of a source that has none."""


def reread(source: Source, settings: Intake, mapping: mappings.Mapping, delivery: Delivery) -> Parsed:
    """What it says, all of it; raises Malformed with every flaw, and Forbidden for an account that may not send."""
    parsed = read_leniently(source, settings, mapping, delivery)
    if parsed.refused:
        flaws = tuple(Flaw(refused.pointer, refused.problem) for refused in parsed.refused)
        raise Malformed("it still cannot be understood", flaws=flaws)
    return parsed


def tried(source: Source, settings: Intake, mapping: mappings.Mapping, delivery: Delivery) -> Trial:
    """What it would become, or what is wrong with it."""
    try:
        parsed = reread(source, settings, mapping, delivery)
    except (Malformed, Forbidden) as error:
        return Trial(flaws=flaws_of(error))
    return Trial(tuple(becoming(alert) for _, alert in parsed.alerts), tuple(reason for _, reason in parsed.ignored))


def flaws_of(error: GatewayError) -> tuple[Flaw, ...]:
    """What is wrong, place by place; the whole of it where no place is told."""
    return error.flaws or (Flaw("", error.detail),)


def problem_of(error: GatewayError) -> str:
    """What is wrong in one sentence: the whole, and the first place where that says more."""
    first = flaws_of(error)[0].detail
    return error.detail if first == error.detail else f"{error.detail}: {first}"


def delivery_of(source: Source, item: int, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Delivery:
    """What lies in quarantine as the request it would be: an item by itself is made a body again."""
    return Delivery(headers, body if item < 0 else source.wrap(body), received_at)
