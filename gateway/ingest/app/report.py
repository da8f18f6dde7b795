"""What an app reports: its shape, who reports, and the record it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.incidents.labels import Locale
from gateway.incidents.model import Impact, Urgency
from gateway.ingest import limits
from gateway.ingest.contacts import email_of, phone_of
from gateway.ingest.limits import cut
from gateway.ingest.mail.charsets import clean
from gateway.ingest.occurred import when_it_began
from gateway.operations.create import Report

Title = Annotated[str, Meta(min_length=1, max_length=1_000)]
Text = Annotated[str, Meta(max_length=32_000)]
Name = Annotated[str, Meta(max_length=254)]
Language = Annotated[str, Meta(max_length=35)]
Labels = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=100)], Annotated[str, Meta(max_length=1_000)]], Meta(max_length=50)
]


class Reporter(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who reports: `id` is the app's own name for them, `locale` the language they read (RFC 5646)."""

    id: Name = ""
    name: Name = ""
    email: Name = ""
    phone: Name = ""
    locale: Language = ""


class Client(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What it is reported with."""

    app: Name = ""
    version: Name = ""
    device: Name = ""


class AppReport(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One person's report; the priority follows from impact and urgency."""

    title: Title
    reporter: Reporter
    description: Text = ""
    service: Name = ""
    ci: Name = ""
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    client: Client = msgspec.field(default_factory=Client)
    occurred_at: Annotated[datetime, Meta(tz=True)] | None = None
    labels: Labels = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Who reports, as it is kept: `known_by` is what their reports are listed by, `contact` how they are reached and known."""

    known_by: str
    contact: str
    name: str
    locale: Locale


def read(body: bytes, region: str) -> tuple[AppReport, Person]:
    """The report and who it is from; raises Malformed. Numbers without a country code are of `region`."""
    told = limits.decode(body, AppReport)
    if not clean(told.title).strip():
        raise limits.fault("/title", "title is empty")
    return told, _person(told.reporter, region)


def _person(said: Reporter, region: str) -> Person:
    """Raises Malformed where nobody is named, and for addresses and numbers that can be none."""
    email, phone = email_of(said.email), phone_of(said.phone, region)
    if said.email and email is None:
        raise limits.fault("/reporter/email", "this is no e-mail address")
    if said.phone and phone is None:
        raise limits.fault("/reporter/phone", "this is no telephone number: write it as +8613912345678")
    known_by = known(said.id) or email or phone
    if not known_by:
        raise limits.fault("/reporter", "say who reports: id, email or phone")
    locale: Locale = "zh-CN" if said.locale.lower().partition("-")[0] == "zh" else "en"
    return Person(known_by, email or phone or known_by, " ".join(clean(said.name).split()), locale)


def known(reporter: str) -> str:
    """The name that an app knows a reporter by, as it is compared."""
    return clean(reporter).strip()


def wanted(told: AppReport, person: Person, now: datetime) -> Report:
    """The record that is asked for; a time too long ago for one stands in its description."""
    occurred_at, remark = when_it_began(told.occurred_at, now, person.locale)
    return Report(
        title=" ".join(clean(told.title).split()),
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
    """The app's own, and what is known beside: those win."""
    client = {name: clean(getattr(told.client, name)) for name in ("app", "version", "device") if getattr(told.client, name)}
    reporter = {"reporter": person.known_by} if person.known_by != person.contact else {}
    own = {clean(name): clean(text) for name, text in told.labels.items()}
    return own | client | reporter | {"language": person.locale}
