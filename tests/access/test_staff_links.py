"""A staff link opens one record for one reader until it expires, and nothing else."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.record_links import RecordLinks
from gateway.access.reporter_links import ReporterLinks, secret_name
from gateway.access.staff_links import LABEL, ReaderKind, StaffLink, StaffLinks
from gateway.errors import NotFound
from gateway.notify.outbox_row import OutboxRow
from gateway.tokens.signing import signature
from tests.support.clock import NOON

REPORTERS = ReporterLinks((b"s" * 32,), timedelta(days=30), "https://gw.example/")
LINKS = StaffLinks(REPORTERS)
TINA = StaffLink(7, ReaderKind.PERSON, "tina", NOON)


@given(st.integers(1, 10**17), st.sampled_from(ReaderKind), st.text(max_size=100))
def test_staff_link_round_trips(incident_id: int, kind: ReaderKind, name: str) -> None:
    made_at = NOON if kind is ReaderKind.PERSON else None
    opened = StaffLink(incident_id, kind, name.encode("utf-8", "replace").decode(), made_at)
    assert LINKS.read(LINKS.make(opened, NOON), NOON) == opened


@given(st.integers(0, 200), st.characters())
def test_changed_character_invalidates_staff_link(place: int, letter: str) -> None:
    link = LINKS.make(TINA, NOON)
    changed = link[:place] + letter + link[place + 1 :]
    if changed != link:
        with pytest.raises(NotFound):
            LINKS.read(changed, NOON)


def test_staff_link_expires_and_differs_from_reporter_link() -> None:
    link = LINKS.make(TINA, NOON)
    assert LINKS.read(link, NOON + timedelta(days=29)) == TINA
    with pytest.raises(NotFound):
        LINKS.read(link, NOON + timedelta(days=30))
    with pytest.raises(NotFound):
        REPORTERS.read(link, NOON)
    with pytest.raises(NotFound):
        LINKS.read(REPORTERS.make(7, NOON)[0], NOON)


@pytest.mark.parametrize("reader", [b"garden:tina", b"\xff\xfe", b"a"])
def test_unknown_reader_kind_in_staff_link_is_refused(reader: bytes) -> None:
    encoded = urlsafe_b64encode(reader).rstrip(b"=").decode() if len(reader) > 1 else "aaaaa"
    text = f"{secret_name(b's' * 32)}.7.9999999999.{encoded}"
    with pytest.raises(NotFound):
        LINKS.read(f"{text}.{signature(b's' * 32, LABEL, text)}", NOON)


def row(role: str, channel: str = "smtp", **more: Any) -> OutboxRow:
    given: dict[str, Any] = {
        "id": UUID(int=1),
        "incident_id": 7,
        "channel": channel,
        "recipient": "tina",
        "role": role,
        "template": "assigned",
        "facts": {"number": "INC-1", "title": "x"},
        "created_at": NOON,
        "attempts": 1,
        "claimed_at": NOON,
    }
    return OutboxRow(**given | more)


def opens(address: str) -> StaffLink:
    return LINKS.read(address.removeprefix("https://gw.example/r/"), NOON)


def test_notification_link_opens_incident_for_its_recipient() -> None:
    links = RecordLinks(REPORTERS)
    assert opens(links(row("handler", "person"), "slack")) == TINA
    assert opens(links(row("leader"), "smtp")) == StaffLink(7, ReaderKind.ROLE, "leader")
    mine = links(row("reporter"), "smtp")
    assert REPORTERS.read(mine.removeprefix("https://gw.example/my/"), NOON) == 7


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        (row("reporter", "slack"), "slack"),
        (row("reporter", facts={"number": "INC-1"}), "smtp"),
        (row("leader", facts={"title": "shift"}), "smtp"),
        (row("leader", incident_id=None), "smtp"),
        (row(""), "smtp"),
        (row("x" * 101), "smtp"),
    ],
)
def test_unusable_or_exposed_notification_link_is_omitted(message: OutboxRow, channel: str) -> None:
    assert RecordLinks(REPORTERS)(message, channel) == ""


def test_no_link_is_made_without_external_url() -> None:
    nowhere = ReporterLinks((b"s" * 32,), timedelta(days=30))
    assert RecordLinks(nowhere)(row("leader"), "smtp") == ""
