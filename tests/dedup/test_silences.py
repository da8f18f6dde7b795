"""Alerts that a silence holds back are stored and notify nobody.

An alert that still fires when the silence ends, early or as planned, is promoted.
"""

from datetime import timedelta
from uuid import UUID

import pytest

from gateway.errors import Malformed, NotFound, Unprocessable
from gateway.incidents.label_matchers import Matcher
from gateway.vocabulary import Outcome
from tests.dedup.silenced import HOUR, SHOP, Site
from tests.support.intake import make_alert


async def test_silenced_alert_is_stored_and_opens_no_incident(site: Site) -> None:
    silence = await site.silence()
    assert await site.fire() == (Outcome.SUPPRESSED, f"silence: {silence}")
    assert await site.fire() == (Outcome.SUPPRESSED, f"silence: {silence}")
    assert (await site.fire("db", service="mail"))[0] is Outcome.OPENED
    assert [
        tuple(row)
        for row in await site.rows("SELECT occurrences, status FROM alert WHERE dedup_key = 'web'")
    ] == [(2, "firing")]
    assert [row["dedup_key"] for row in await site.rows("SELECT dedup_key FROM incident")] == ["db"]


async def test_only_firing_alerts_are_promoted_when_silence_ends(site: Site) -> None:
    await site.silence()
    await site.fire()
    await site.fire("db")
    await site.clear("db")
    assert await site.promoted() == []
    site.clock.advance(HOUR)
    assert (await site.promoted(), await site.promoted()) == ([Outcome.OPENED], [])


async def test_silence_expired_early_releases_its_alerts(site: Site) -> None:
    silence, other = (
        await site.silence(),
        await site.silence(Matcher("service", "=", "mail", "mail"), ends=2 * HOUR),
    )
    await site.fire()
    await site.fire("db", service="mail")
    site.clock.advance(HOUR / 2)
    await site.expire(silence)
    await site.expire(silence)
    assert await site.promoted() == [Outcome.OPENED]
    assert (await site.fire())[0] is Outcome.REPEATED
    with pytest.raises(NotFound):
        await site.expire(other, integration=2)
    assert await site.promoted() == []


async def test_alert_suppressed_while_silence_expires_is_released(site: Site) -> None:
    silence, commits = await site.silence(), "UPDATE alert SET suppressed_until = $1"
    await site.fire()
    await site.intake.conn.execute(commits, None)
    await site.expire(silence)
    assert await site.promoted() == []
    await site.intake.conn.execute(commits, site.clock.at + HOUR)
    site.clock.advance(timedelta(seconds=2))
    assert await site.promoted() == [Outcome.OPENED]
    site.clock.advance(timedelta(seconds=90))
    await site.promoted()
    assert [row["cut_from"] for row in await site.rows("SELECT cut_from FROM silence")] == [[]]


async def test_expired_shorter_silence_releases_nothing_under_longer_one(site: Site) -> None:
    short, long = await site.silence(), await site.silence(ends=2 * HOUR)
    assert (await site.fire())[1] == f"silence: {long}"
    await site.expire(short)
    assert await site.promoted() == []
    await site.silence(ends=HOUR, id=long)
    assert await site.promoted() == [Outcome.SUPPRESSED]
    site.clock.advance(HOUR)
    assert await site.promoted() == [Outcome.OPENED]


async def test_returning_silenced_alert_reopens_no_incident(site: Site) -> None:
    await site.fire()
    await site.clear()
    await site.silence()
    assert (await site.fire())[0] is Outcome.SUPPRESSED
    assert [row["state"] for row in await site.rows("SELECT state FROM incident")] == ["resolved"]
    site.clock.advance(HOUR)
    assert await site.promoted() == [Outcome.OPENED]


async def test_silence_does_not_affect_open_incident(site: Site) -> None:
    await site.fire()
    await site.silence()
    assert (await site.fire())[0] is Outcome.REPEATED


@pytest.mark.parametrize(
    ("matchers", "held"),
    [
        ((Matcher("service", "=~", "sh.*", "^(?:sh.*)$"),), True),
        ((Matcher("service", "=~", "sh", "^(?:sh)$"),), False),
        ((SHOP, Matcher("team", "=", "", "")), True),
        ((SHOP, Matcher("team", "!=", "", "")), False),
        ((SHOP, Matcher("service", "!~", "m.*", "^(?:m.*)$")), True),
    ],
)
async def test_silence_applies_only_when_every_matcher_holds(
    site: Site,
    matchers: tuple[Matcher, ...],
    held: bool,
) -> None:
    await site.silence(*matchers)
    assert ((await site.fire())[0] is Outcome.SUPPRESSED) == held


async def test_silence_applies_only_to_its_integration_and_period(site: Site) -> None:
    await site.silence(integration=2)
    await site.silence(Matcher("service", "=", "other", "other"))
    await site.silence(Matcher("service", "=", "later", "later"), starts=HOUR, ends=2 * HOUR)
    assert (await site.fire())[0] is Outcome.OPENED
    assert (await site.fire("l", service="later"))[0] is Outcome.OPENED
    assert (await site.fire("theirs", integration=2, service="shop"))[0] is Outcome.SUPPRESSED
    await site.silence(Matcher("service", "=", "any", "any"), integration=None)
    assert [(await site.fire("any", integration=n, service="any"))[0] for n in (1, 2)] == [
        Outcome.SUPPRESSED
    ] * 2


async def test_silence_with_invalid_pattern_suppresses_nothing(site: Site) -> None:
    await site.silence()
    await site.intake.conn.execute(
        """UPDATE silence SET matchers = '[{"name":"service","sign":"=~","pattern":"("}]'"""
    )
    assert (await site.fire())[0] is Outcome.OPENED


async def test_invalid_silence_is_refused_and_expired_one_is_created_anew(site: Site) -> None:
    silence = await site.silence()
    assert await site.silence(ends=2 * HOUR, id=silence) == silence
    changed = await site.silence(Matcher("service", "=", "mail", "mail"), id=silence)
    assert changed != silence
    await site.expire(changed)
    assert await site.silence(Matcher("service", "=", "mail", "mail"), id=changed) != changed
    with pytest.raises(Malformed, match="in the past"):
        await site.silence(ends=-HOUR)
    with pytest.raises(Malformed, match="before start"):
        await site.silence(starts=2 * HOUR)
    with pytest.raises(Malformed):
        await site.silence(Matcher("a", "=~", "(", "^(?:()$"))
    with pytest.raises(NotFound):
        await site.silence(id=UUID(int=1))


@pytest.mark.parametrize(
    ("matcher", "held"),
    [
        (Matcher("ci", "=", "db1", "db1"), True),
        (Matcher("service", "=", "shop", "shop"), True),
        (Matcher("service", "=~", "sh.p", "^(?:sh.p)$"), True),
        (Matcher("service", "=", "HTTP", "HTTP"), True),
        (Matcher("ci", "=", "db2", "db2"), False),
        (Matcher("ci", "!=", "db2", "db2"), True),
        (Matcher("service", "!=", "shop", "shop"), False),
        (Matcher("service", "!~", "sh.*", "^(?:sh.*)$"), False),
        (Matcher("ci", "=", "", ""), False),
        (Matcher("severity", "=", "warning", "warning"), False),
    ],
)
async def test_service_and_ci_matchers_use_alert_fields_and_labels(
    site: Site, matcher: Matcher, *, held: bool
) -> None:
    await site.silence(matcher)
    [result] = await site.intake.tell(
        make_alert("web", service="shop", ci="db1", labels={"service": "HTTP"})
    )
    assert (result.outcome is Outcome.SUPPRESSED) is held


@pytest.mark.parametrize(
    "signs",
    [
        ("=a", "=b"),
        ("=a", "!=a"),
        ("=a", "=~^(?:b)$"),
        ("=a", "!~^(?:a)$"),
        ("=~^(?:a)$", "!~^(?:a)$"),
        ("=", "=a"),
    ],
)
async def test_contradictory_silence_is_refused(site: Site, signs: tuple[str, str]) -> None:
    told = [
        (sign[:2], sign[2:]) if sign[:2] in ("!=", "=~", "!~") else (sign[:1], sign[1:])
        for sign in signs
    ]
    matchers = [Matcher("service", sign, pattern, pattern) for sign, pattern in told]
    with pytest.raises(Unprocessable, match="no alert can match"):
        await site.silence(*matchers)
    await site.silence(
        *(
            Matcher(f"service{place}", one.sign, one.value, one.pattern)
            for place, one in enumerate(matchers)
        )
    )


async def test_alert_worsened_under_silence_opens_at_worst_priority(site: Site) -> None:
    await site.silence()
    for severity in ("info", "critical"):
        await site.intake.tell(make_alert("web", labels={"service": "shop"}, severity=severity))
    site.clock.advance(HOUR)
    assert await site.promoted() == [Outcome.OPENED]
    assert [row["priority"] for row in await site.rows("SELECT priority FROM incident")] == [1]
    told = "SELECT event FROM timeline ORDER BY seq"
    assert "management_told" in [row["event"] for row in await site.rows(told)]
