"""The reading and validation of a posted form, and the report made of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.channels.contacts import normalise_email, normalise_phone
from gateway.channels.email.posted import FormField
from gateway.channels.occurred import split_occurrence_time
from gateway.incidents.labels import Locale
from gateway.ingest.mime.charsets import clean_text
from gateway.ingest.reading.limits import cut
from gateway.operations.create import NewReport
from gateway.settings import Form
from gateway.timing.instants import is_supported
from gateway.vocabulary import Impact, Urgency

TITLE, DESCRIPTION, NAME = 200, 20_000, 200
HONEYPOT = "website"
"""A field hidden from people; a form in which it is filled in was sent by a program."""

SHOWN = ("title", "description", "since", "impact", "urgency", "name", "email", "phone")
FILES = "files"
IMPACTS_ASCENDING = (Impact.INDIVIDUAL, Impact.GROUP, Impact.COMPANY, Impact.BUSINESS)
_LINK = re.compile(r"https?://|www\.|\[url|href\s*=", re.IGNORECASE)

Chosen = TypeVar("Chosen", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as received: its fields by name, and its files."""

    said: Mapping[str, str]
    files: tuple[tuple[str, bytes], ...]

    def shown(self) -> dict[str, str]:
        """Return the values of the fields when the form is shown again."""
        return {name: self.said.get(name, "")[: DESCRIPTION + 1] for name in SHOWN}


EMPTY = FilledForm({}, ())


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error of a field: the key of its message on the page, and the value put into it."""

    word: str
    value: object = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidForm:
    """A valid form; it has `email` or `phone`.

    The telephone number is in E.164 or, beside an address, as entered: an extension alone
    reaches nobody.
    """

    title: str
    description: str
    since: datetime | None
    impact: Impact
    urgency: Urgency
    name: str
    email: str
    phone: str

    @property
    def contact(self) -> str:
        """The address or number that reaches and identifies the reporter."""
        return self.email or self.phone


def parse_form(fields: Sequence[FormField]) -> FilledForm:
    """Return the form, each field once, without empty files that have no name.

    Such a file is what a browser posts where nobody chose one.
    """
    said = {
        field.name: clean_text(field.content.decode("utf-8", "replace")).strip()
        for field in fields
        if field.filename is None
    }
    files = [
        (field.filename or "file", field.content)
        for field in fields
        if field.name == FILES and field.filename is not None
    ]
    return FilledForm(
        said, tuple((name, content) for name, content in files if name != "file" or content)
    )


def validate_form(
    form: FilledForm, rules: Form, each: int
) -> tuple[ValidForm | None, dict[str, FieldError]]:
    """Return the valid form, or None and the flaws by field; a file has at most `each` bytes."""
    said, flaws = form.said, {}
    for name, most in (("title", TITLE), ("description", DESCRIPTION), ("name", NAME)):
        if len(said.get(name, "")) > most:
            flaws[name] = FieldError("too_long", most)
    for name in ("title", "description"):
        if not said.get(name):
            flaws[name] = FieldError("missing")
    impact, urgency = (
        _choice(said, "impact", Impact, flaws),
        _choice(said, "urgency", Urgency, flaws),
    )
    since = _since(said.get("since", ""), rules.zone, flaws)
    email, phone = _reached(said, rules.region, flaws)
    if len(form.files) > rules.max_files:
        flaws[FILES] = FieldError("too_many_files", rules.max_files)
    elif any(len(content) > each for _, content in form.files):
        flaws[FILES] = FieldError("file_too_large", each // 1_048_576)
    if flaws or impact is None or urgency is None:
        return None, flaws
    told = ValidForm(
        title=" ".join(said["title"].split()),
        description=said["description"],
        since=since,
        impact=impact,
        urgency=urgency,
        name=" ".join(said.get("name", "").split()),
        email=email,
        phone=phone,
    )
    return told, flaws


def _choice(
    said: Mapping[str, str], name: str, kind: type[Chosen], flaws: dict[str, FieldError]
) -> Chosen | None:
    word = said.get(name, "")
    if word in set(kind):
        return kind(word)
    flaws[name] = FieldError("bad_choice" if word else "missing")
    return None


def _since(text: str, zone: str, flaws: dict[str, FieldError]) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        at = None
    if at is None or not is_supported(at):
        flaws["since"] = FieldError("bad_since")
        return None
    return at


def _reached(said: Mapping[str, str], region: str, flaws: dict[str, FieldError]) -> tuple[str, str]:
    email, phone = said.get("email", ""), said.get("phone", "")
    if not (email or phone):
        flaws["contact"] = FieldError("unreachable")
    address, number = normalise_email(email), normalise_phone(phone, region)
    if email and address is None:
        flaws["email"] = FieldError("bad_email")
    if phone and number is None and address is None:
        flaws["phone"] = FieldError("bad_phone")
    return address or "", number or phone[:NAME]


def spam_reason(form: FilledForm, rules: Form) -> str:
    """Return why a program may have written this form, "" if nothing indicates it."""
    if form.said.get(HONEYPOT):
        return "a field that people do not see was filled in"
    links = sum(
        len(_LINK.findall(form.said.get(name, ""))) for name in ("title", "description", "name")
    )
    return f"{links} addresses of web pages in one report" if links > rules.max_links else ""


def make_report(
    told: ValidForm, service: str, locale: Locale, rules: Form, now: datetime
) -> NewReport:
    """Return the report to be recorded; a time too long ago is written in its description."""
    occurred_at, remark = split_occurrence_time(told.since, now, locale)
    labels = {"language": locale} | ({"phone": told.phone} if told.email and told.phone else {})
    return NewReport(
        title=told.title,
        source="web",
        description=cut(remark + told.description, DESCRIPTION + 100),
        impact=min(told.impact, rules.impact_at_most, key=IMPACTS_ASCENDING.index),
        urgency=told.urgency,
        service=service,
        contact=told.contact,
        contact_name=told.name,
        language=locale,
        occurred_at=occurred_at,
        labels=labels,
    )
