"""A reporter link opens one record until it expires, and is void if any character is changed."""

from datetime import timedelta

import pytest

from gateway.access.reporter_links import INVALID, ReporterLinks, load_link_secrets, secret_name
from gateway.db.pool import Pool
from gateway.errors import NotFound
from tests.support.clock import NOON

LINKS = ReporterLinks((b"new", b"old"), timedelta(days=30))


def refused(link: str, links: ReporterLinks = LINKS) -> bool:
    with pytest.raises(NotFound, match=INVALID):
        links.read(link, NOON)
    return True


def test_reporter_link_is_valid_until_its_end() -> None:
    link, ends = LINKS.make(42, NOON)
    assert ends == NOON + timedelta(days=30)
    assert LINKS.read(link, NOON) == 42
    assert LINKS.read(link, ends - timedelta(seconds=1)) == 42
    with pytest.raises(NotFound):
        LINKS.read(link, ends)


def test_changed_character_invalidates_reporter_link() -> None:
    link, _ = LINKS.make(42, NOON)
    for place in range(len(link)):
        for letter in "0aZ_.1":
            if letter != link[place]:
                assert refused(link[:place] + letter + link[place + 1 :]), (place, letter)


def test_reporter_link_fields_cannot_be_altered() -> None:
    secret, record, ends, signature = LINKS.make(42, NOON)[0].split(".")
    assert refused(f"{secret}.43.{ends}.{signature}")
    assert refused(f"{secret}.{record}.{int(ends) + 1}.{signature}")
    assert refused(f"{secret}.{record}{ends}..{signature}")
    assert refused(f"{secret_name(b'old')}.{record}.{ends}.{signature}")


@pytest.mark.parametrize(
    "link",
    ["", "x", ".", "a.b.c.d", "0" * 8 + ".1.9999999999." + "A" * 43, "１" * 8 + ".1.1." + "A" * 43],
)
def test_malformed_reporter_link_is_refused(link: str) -> None:
    assert refused(link)


def test_link_of_previous_secret_is_valid_until_secret_is_removed() -> None:
    before = ReporterLinks((b"old",), timedelta(days=30))
    link, _ = before.make(42, NOON)
    assert LINKS.read(link, NOON) == 42
    assert refused(link, ReporterLinks((b"newest", b"new"), timedelta(days=30)))


async def test_configured_secret_overrides_stored_secret(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert await load_link_secrets(conn, "one two", b"fresh", NOON) == (b"one", b"two")
        assert await conn.fetchval("SELECT count(*) FROM link_secret") == 0
        assert await load_link_secrets(conn, "", b"fresh", NOON) == (b"fresh",)
        assert await load_link_secrets(conn, "", b"fresher", NOON) == (b"fresh",)
        await conn.execute(
            "INSERT INTO link_secret VALUES ('second', 'newer', $1)", NOON + timedelta(days=1)
        )
        assert await load_link_secrets(conn, "", b"fresher", NOON) == (b"newer", b"fresh")
