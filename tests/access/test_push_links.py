"""A link to the page of browsers is for one person and one day, and nothing else."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.push_links import LABEL, VALID, PushLink, PushLinks
from gateway.access.reporter_links import ReporterLinks, secret_name
from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.errors import NotFound
from gateway.tokens.signing import signature
from tests.support.clock import NOON

REPORTERS = ReporterLinks((b"s" * 32, b"t" * 32), timedelta(days=30))
LINKS = PushLinks(REPORTERS)


@given(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True))
def test_link_names_its_person(login: str) -> None:
    link, ends = LINKS.make(login, NOON)
    assert LINKS.read(link, NOON) == PushLink(login, NOON)
    assert ends == NOON + VALID


@given(st.integers(0, 150), st.characters())
def test_changed_link_is_refused(place: int, letter: str) -> None:
    link, _ = LINKS.make("olga", NOON)
    changed = link[:place] + letter + link[place + 1 :]
    if changed != link:
        with pytest.raises(NotFound):
            LINKS.read(changed, NOON)


def test_link_ends_with_its_time() -> None:
    link, ends = LINKS.make("olga", NOON)
    assert LINKS.read(link, ends - timedelta(seconds=1)).login == "olga"
    with pytest.raises(NotFound, match="push-link"):
        LINKS.read(link, ends)


def test_link_of_the_previous_secret_is_believed_and_of_another_not() -> None:
    previous, _ = PushLinks(ReporterLinks((b"t" * 32,), VALID)).make("olga", NOON)
    assert LINKS.read(previous, NOON).login == "olga"
    foreign, _ = PushLinks(ReporterLinks((b"u" * 32,), VALID)).make("olga", NOON)
    with pytest.raises(NotFound):
        LINKS.read(foreign, NOON)


def test_link_of_another_kind_is_refused() -> None:
    staff = StaffLinks(REPORTERS).make(StaffLink(7, ReaderKind.PERSON, "olga"), NOON)
    reporter, _ = REPORTERS.make(7, NOON)
    text = f"{secret_name(b's' * 32)}.olga.1.9999999999"
    other = f"{text}.{signature(b's' * 32, b'staff link v1', text)}"
    for link in (staff, reporter, other, "", text):
        with pytest.raises(NotFound):
            LINKS.read(link, NOON)
    assert LABEL != b"staff link v1"
