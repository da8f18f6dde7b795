"""Addresses of calendars are signed, and no other token of the gateway is one."""

from datetime import timedelta

import pytest

from gateway.access.feed_links import FeedLinks
from gateway.access.reporter_links import ReporterLinks
from gateway.errors import NotFound
from tests.support.clock import NOON

LINKS = ReporterLinks((b"new", b"old"), timedelta(days=30))
FEEDS = FeedLinks(LINKS)


def token(path: str) -> str:
    return path.removeprefix("/calendar/").removesuffix(".ics")


def test_token_names_feed_and_generation() -> None:
    assert FEEDS.read(token(FEEDS.make(7, 3))) == (7, 3)


def test_token_signed_by_older_secret_is_valid() -> None:
    old = FeedLinks(ReporterLinks((b"old",), timedelta(days=30)))
    assert FEEDS.read(token(old.make(7, 3))) == (7, 3)
    other = FeedLinks(ReporterLinks((b"other",), timedelta(days=30)))
    with pytest.raises(NotFound):
        FEEDS.read(token(other.make(7, 3)))


def test_changed_token_and_tokens_of_other_kinds_are_refused() -> None:
    good = token(FEEDS.make(7, 3))
    changed = [good[:place] + ("1" if one != "1" else "2") + good[place + 1 :]
               for place, one in enumerate(good)]  # fmt: skip
    link, _ = LINKS.make(7, NOON)
    for bad in (*changed, link, "", ".", good + "\n", "٣".join(good.split("3", 1))):
        with pytest.raises(NotFound):
            FEEDS.read(bad)
