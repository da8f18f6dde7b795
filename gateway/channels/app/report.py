"""A report sent by an app: its schema, its reporter, and the record it opens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.channels.contacts import email_of, phone_of
from gateway.channels.occurred import when_it_began
from gateway.errors import Malformed
from gateway.incidents.labels import Locale
from gateway.ingest.mime.charsets import clean
from gateway.ingest.reading import limits
from gateway.ingest.reading.conform import conformed
from gateway.ingest.reading.limits import cut
from gateway.ingest.reading.repair import Marks, encoded, mark, mark_all, mended_of_one_item, repaired
from gateway.operations.create import Report
from gateway.quarantine import pointers
from gateway.receipts.mended import Mended
from gateway.vocabulary import Impact, Urgency

Name = Annotated[str, Meta(max_length=254)]
Language = Annotated[str, Meta(max_length=35)]
Labels = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=100)], Annotated[str, Meta(max_length=1_000)]], Meta(max_length=50)
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
class Person:
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


NEEDED = frozenset({("reporter",)})
"""Members that no report may lack; the title is checked after all of it was read."""

UNKNOWN = re.compile("Object contains unknown field `(.+)`")
MOST = 50
"""The number of unreadable members that are left out before a report is given up."""


def read(body: bytes, region: str) -> tuple[AppReport, Person, tuple[Mended, ...]]:
    """Return the report, its reporter and the repairs made to it; raises Malformed.

    Numbers without a country code are of `region`. A member that cannot be read is left out if
    the rest is still a report.
    """
    told, marks = _told(body)
    if not clean(told.title).strip():
        if not (text := clean(told.description).strip()):
            raise limits.fault("/title", "title is empty")
        told.title = text.splitlines()[0]
        mark(marks, ("title",), "read from description: it is missing or empty")
    return told, _person(told.reporter, region), mended_of_one_item(marks)


def _told(body: bytes) -> tuple[AppReport, Marks]:
    try:
        return limits.decode(body, AppReport), {}
    except Malformed:
        found = repaired(body)
        if found is None or not isinstance(found[0], dict):
            raise
    tree, marks = found
    tree, done = conformed(tree, AppReport, NEEDED)
    mark_all(marks, (), done)
    for _ in range(MOST):
        try:
            return limits.decode(encoded(tree), AppReport), marks
        except Malformed as error:
            flaws = error.flaws
            at = pointers.steps(error.flaws[0].pointer)
            if (unknown := UNKNOWN.match(error.detail)) is not None:
                at = (*at, unknown[1])
            if not at or at in NEEDED or pointers.take(tree, at) is pointers.ABSENT:
                break
            mark(marks, at, f"left out: {error.detail}")
    raise Malformed(flaws[0].detail, flaws=flaws)


def _person(said: Reporter, region: str) -> Person:
    """Return the reporter as stored; raises Malformed where nobody is named.

    An e-mail address or number that is invalid, such as an extension, is kept as entered.
    """
    email, phone = email_of(said.email), phone_of(said.phone, region)
    as_said = {"email": "" if email else clean(said.email).strip(), "phone": "" if phone else clean(said.phone).strip()}
    known_by = known(said.id) or email or phone or as_said["phone"] or as_said["email"]
    if not known_by:
        raise limits.fault("/reporter", "say who reports: id, email or phone")
    locale: Locale = "zh-CN" if said.locale.lower().partition("-")[0] == "zh" else "en"
    contact, name = email or phone or known_by, " ".join(clean(said.name).split())
    return Person(known_by, contact, name, locale, {what: text for what, text in as_said.items() if text and text != contact})


def known(reporter: str) -> str:
    """Return an app's name for a reporter in the form in which names are compared."""
    return clean(reporter).strip()


def wanted(told: AppReport, person: Person, now: datetime) -> Report:
    """Return the record to be opened; a time too long ago is written in its description."""
    occurred_at, remark = when_it_began(told.occurred_at, now, person.locale)
    return Report(
        title=cut(" ".join(clean(told.title).split()), limits.TITLE),
        source="app",
        description=cut(remark + clean(told.description), limits.DESCRIPTION),
        impact=told.impact,
        urgency=told.urgency,
        service=clean(told.service).strip(),
        ci=clean(told.ci).strip(),
        contact=person.contact,
        contact_name=person.name,
        language=person.locale,
        occurred_at=occurred_at,
        labels=_labels(told, person),
    )


def _labels(told: AppReport, person: Person) -> Mapping[str, str]:
    """Return the labels: those of the app, overridden by the ones the gateway sets itself."""
    client = {name: clean(getattr(told.client, name)) for name in ("app", "version", "device") if getattr(told.client, name)}
    reporter = {"reporter": person.known_by} if person.known_by != person.contact else {}
    own = {clean(name): clean(text) for name, text in told.labels.items()}
    said = {f"reporter_{what}": text for what, text in person.said.items()}
    return own | client | reporter | said | {"language": person.locale}
