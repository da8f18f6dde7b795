"""The effect of a call on records after each event. Pure."""

from enum import StrEnum

from gateway.channels.phone.call import Call, CallDirection


class CallEffect(StrEnum):
    """The effect of an event; if it has none, the reason for that."""

    REPORT = "report"
    MISSED = "missed"
    NEWS = "news"
    NOTHING_NEW = "nothing new"
    NOT_YET = "nothing was reported yet"
    OUTGOING = "not a call to us"
    SERVED = "the caller was told what they asked"
    NO_HOTLINE = "missed on a number that is no hotline"


def evaluate(before: Call, after: Call, *, filed: bool, hotline: bool) -> CallEffect:
    """Return the effect of an event that changed a call.

    `filed` says that the call has its record, `hotline` that calls to this number must not be
    missed.
    """
    if filed:
        return CallEffect.NEWS if is_news(before, after) else CallEffect.NOTHING_NEW
    if after.direction is not CallDirection.INBOUND:
        return CallEffect.OUTGOING
    if after.reported:
        return CallEffect.REPORT
    if not after.ended:
        return CallEffect.NOT_YET
    if after.served:
        return CallEffect.SERVED
    return CallEffect.MISSED if hotline else CallEffect.NO_HOTLINE


def is_news(before: Call, after: Call) -> bool:
    """Return whether there is anything new for the timeline; a more exact time is not."""
    return _noted(before) != _noted(after)


def _noted(call: Call) -> tuple[object, ...]:
    return call.caller, call.answered_at is not None, call.ended, call.recordings, call.transcripts
