"""The texts on calls in records: titles, notes and facts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.channels.phone.call import Call
from gateway.channels.phone.posted import TextMessage
from gateway.channels.phone.words import line, record_text, status
from gateway.incidents.labels import Locale
from gateway.incidents.record import Revision
from gateway.ingest.reading.limits import DESCRIPTION, TITLE, cut

MISSED = "missed"
"""The value of the label `call` of a record that a missed call opened."""

SHOWN = (
    "caller",
    "called",
    "status",
    "started_at",
    "answered_at",
    "ended_at",
    "seconds",
    "recordings",
    "transcripts",
)


def title(call: Call, locale: Locale, *, missed: bool) -> str:
    """Return the title of a record that the call opens."""
    return cut(
        record_text("missed" if missed else "call", locale, caller=_caller(call, locale)), TITLE
    )


def _caller(call: Call, locale: Locale) -> str:
    number = call.caller or record_text("withheld", locale)
    return f"{call.caller_name} ({number})" if call.caller_name else number


def facts(call: Call) -> Mapping[str, Any]:
    """Return the fields of the call that are known, as kept in timelines."""
    told = {"provider": call.provider, "id": call.call_id} | {
        name: getattr(call, name) for name in SHOWN
    }
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in told.items()
        if value not in (None, "", ())
    }


def note(word: str, before: Call, after: Call, locale: Locale) -> str:
    """Return a note on the changes of a call, line by line."""
    return cut("\n".join((record_text(word, locale), *_lines(before, after, locale))), DESCRIPTION)


def _lines(before: Call, after: Call, locale: Locale) -> Iterator[str]:
    for name in SHOWN:
        was, value = getattr(before, name), getattr(after, name)
        if value == was or value in (None, ""):
            continue
        if isinstance(value, tuple):
            yield from (line(name, one, locale) for one in value if one not in was)
        elif isinstance(value, datetime):
            yield line(name, f"{value:%Y-%m-%d %H:%M:%S} UTC", locale)
        else:
            yield line(name, status(value, locale) if name == "status" else value, locale)


def complete_revision(before: Call, call: Call, revision: Revision, locale: Locale) -> Revision:
    """Complete the revision of a record with transcripts, number and name that the call has later.

    Applies to a record that the call opened. A call taken for missed that turns out to be a
    report, because its end was received first, loses the title and label of a missed one.
    """
    after = revision.after
    wanted = {
        "description": cut("\n".join(call.transcripts), DESCRIPTION),
        "contact": call.caller,
        "contact_name": call.caller_name,
    }
    missing: dict[str, Any] = {
        name: value for name, value in wanted.items() if value and not getattr(after, name)
    }
    if call.reported and not before.reported and after.labels.get("call") == MISSED:
        missing["labels"] = {name: value for name, value in after.labels.items() if name != "call"}
        was, now = (
            replace(one, caller_name=after.contact_name or one.caller_name)
            for one in (before, call)
        )
        missing |= (
            {"title": title(now, locale, missed=False)}
            if after.title == title(was, locale, missed=True)
            else {}
        )
    if not missing:
        return revision
    changes = [
        {"field": name, "old": getattr(after, name), "new": value}
        for name, value in sorted(missing.items())
    ]
    return replace(
        revision,
        after=replace(after, **missing),
        events=(*revision.events, ("changed", {"changes": changes})),
    )


def message_note(message: TextMessage, locale: Locale) -> str:
    """Return a text message with the addresses of its attachments."""
    return cut(
        "\n".join(
            (message.text, *(line("attached", one, locale) for one in message.attached))
        ).strip()
        or "-",
        DESCRIPTION,
    )
