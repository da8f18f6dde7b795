"""A report sent by an app: its schema, its reporter, and the record it opens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.channels.contacts import normalise_email, normalise_phone
from gateway.channels.occurred import split_occurrence_time
from gateway.errors import Malformed
from gateway.incidents.labels import Locale
from gateway.ingest.mime.charsets import clean_text
from gateway.ingest.reading import limits
from gateway.ingest.reading.conform import conform_types
from gateway.ingest.reading.limits import cut
from gateway.ingest.reading.repair import (
    Marks,
    add_mark,
    add_marks,
    encode_json,
    list_repairs_of_one_item,
    repair_json,
)
from gateway.operations.create import NewReport
from gateway.quarantine import pointers
from gateway.receipts.mended import RepairedValue
from gateway.vocabulary import Impact, Urgency

Name = Annotated[str, Meta(max_length=254)]
Language = Annotated[str, Meta(max_length=35)]
Labels = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=100)], Annotated[str, Meta(max_length=1_000)]
    ],
    Meta(max_length=50),
]


class Reporter(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The reporter: `id` is the app's own name for them, `locale` their language (RFC 5646)."""

    id: Name = ""
    name: Name = ""
    email: Name = ""
    phone: Name = ""
    locale: Language = ""


class Client(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The app, version and device the report was sent from."""

    app: Name = ""
    version: Name = ""
    device: Name = ""


class AppReport(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One person's report; the priority follows from impact and urgency.

    Without a title the first line of the description serves as title.
    """

    title: str = ""
    reporter: Reporter
    description: str = ""
    service: Name = ""
    ci: Name = ""
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    client: Client = msgspec.field(default_factory=Client)
    occurred_at: Annotated[datetime, Meta(tz=True)] | None = None
    labels: Labels = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppReporter:
    """The reporter as stored.

    Their reports are listed by `known_by`; `contact` is the address that reaches and identifies
    them.
    """

    known_by: str
    contact: str
    name: str
    locale: Locale
    said: Mapping[str, str] = field(default_factory=dict)
    """E-mail and phone as entered, by field name, where they are no valid address or number."""


REQUIRED_MEMBERS = frozenset({("reporter",)})
"""Members that no report may lack; the title is checked after all of it was read."""

UNKNOWN = re.compile("Object contains unknown field `(.+)`")
MAX_LEFT_OUT = 50
"""The number of unreadable members that are left out before a report is given up."""


def read(body: bytes, region: str) -> tuple[AppReport, AppReporter, tuple[RepairedValue, ...]]:
    """Return the report, its reporter and the repairs made to it; raises Malformed.

    Numbers without a country code are of `region`. A member that cannot be read is left out if
    the rest is still a report.
    """
    told, marks = _told(body)
    if not clean_text(told.title).strip():
        if not (text := clean_text(told.description).strip()):
            raise limits.build_malformed("/title", "title is empty")
        told.title = text.splitlines()[0]
        add_mark(marks, ("title",), "read from description: it is missing or empty")
    return told, _person(told.reporter, region), list_repairs_of_one_item(marks)


def _told(body: bytes) -> tuple[AppReport, Marks]:
    try:
        return limits.decode(body, AppReport), {}
    except Malformed:
        found = repair_json(body)
        if found is None or not isinstance(found[0], dict):
            raise
    tree, marks = found
    tree, done = conform_types(tree, AppReport, REQUIRED_MEMBERS)
    add_marks(marks, (), done)
    for _ in range(MAX_LEFT_OUT):
        try:
            return limits.decode(encode_json(tree), AppReport), marks
        except Malformed as error:
            flaws = error.flaws
            at = pointers.parse_pointer(error.flaws[0].pointer)
            if (unknown := UNKNOWN.match(error.detail)) is not None:
                at = (*at, unknown[1])
            if not at or at in REQUIRED_MEMBERS or pointers.take(tree, at) is pointers.ABSENT:
                break
            add_mark(marks, at, f"left out: {error.detail}")
    raise Malformed(flaws[0].detail, flaws=flaws)


def _person(said: Reporter, region: str) -> AppReporter:
    """Return the reporter as stored; raises Malformed where nobody is named.

    An e-mail address or number that is invalid, such as an extension, is kept as entered.
    """
    email, phone = normalise_email(said.email), normalise_phone(said.phone, region)
    as_said = {
        "email": "" if email else clean_text(said.email).strip(),
        "phone": "" if phone else clean_text(said.phone).strip(),
    }
    known_by = (
        normalise_reporter_id(said.id) or email or phone or as_said["phone"] or as_said["email"]
    )
    if not known_by:
        raise limits.build_malformed("/reporter", "say who reports: id, email or phone")
    locale: Locale = "zh-CN" if said.locale.lower().partition("-")[0] == "zh" else "en"
    contact, name = email or phone or known_by, " ".join(clean_text(said.name).split())
    return AppReporter(
        known_by,
        contact,
        name,
        locale,
        {what: text for what, text in as_said.items() if text and text != contact},
    )


def normalise_reporter_id(reporter: str) -> str:
    """Return an app's name for a reporter in the form in which names are compared."""
    return clean_text(reporter).strip()


def make_report(told: AppReport, person: AppReporter, now: datetime) -> NewReport:
    """Return the record to be opened; a time too long ago is written in its description."""
    occurred_at, remark = split_occurrence_time(told.occurred_at, now, person.locale)
    return NewReport(
        title=cut(" ".join(clean_text(told.title).split()), limits.TITLE),
        source="app",
        description=cut(remark + clean_text(told.description), limits.DESCRIPTION),
        impact=told.impact,
        urgency=told.urgency,
        service=clean_text(told.service).strip(),
        ci=clean_text(told.ci).strip(),
        contact=person.contact,
        contact_name=person.name,
        language=person.locale,
        occurred_at=occurred_at,
        labels=_labels(told, person),
    )


def _labels(told: AppReport, person: AppReporter) -> Mapping[str, str]:
    """Return the labels: those of the app, overridden by the ones the gateway sets itself."""
    client = {
        name: clean_text(getattr(told.client, name))
        for name in ("app", "version", "device")
        if getattr(told.client, name)
    }
    reporter = {"reporter": person.known_by} if person.known_by != person.contact else {}
    own = {clean_text(name): clean_text(text) for name, text in told.labels.items()}
    said = {f"reporter_{what}": text for what, text in person.said.items()}
    return own | client | reporter | said | {"language": person.locale}
