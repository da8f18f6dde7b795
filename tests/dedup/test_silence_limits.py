"""The number, the patterns and the work of silences are limited per integration."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from gateway.errors import Malformed
from gateway.incidents.label_matchers import Matcher
from gateway.vocabulary import Outcome, SkipReason
from tests.dedup.silenced import HOUR, SHOP, Site
from tests.support.intake import make_alert, make_submission

STORED = """
INSERT INTO silence (id, integration_id, matchers, starts_at, ends_at, created_by, comment,
    updated_at)
SELECT gen_random_uuid(), $1, one::json, $2, $2::timestamptz + interval '1 hour', 'ann', 'deploy',
  $2
FROM unnest($3::text[]) AS m (one)
"""


async def store(site: Site, integration: int | None, *silences: Sequence[Matcher]) -> None:
    """Store silences without the checks of this release, as an earlier release may have done."""
    stored = [msgspec.json.encode(one).decode() for one in silences]
    await site.intake.conn.execute(STORED, integration, site.clock.at, stored)


def a_regex(name: str, value: str) -> Matcher:
    return Matcher(name, "=~", value, f"^(?:{value})$")


def costly(number: int) -> list[Matcher]:
    """Return thirty patterns that match and one that does not."""
    return [a_regex(f"l{at}", f"(web|db{number}).*[a-z]+{at}?.*") for at in range(30)] + [
        a_regex("nothing", f".+{number}")
    ]


COSTLY_LABELS = {f"l{at}": f"web-{at}" * 20 for at in range(30)}


async def test_many_silences_of_one_integration_do_not_affect_others(site: Site) -> None:
    await store(site, 2, *(costly(number) for number in range(600)))
    silence = await site.silence()
    theirs = [
        make_submission(make_alert(f"their{at}", labels=COSTLY_LABELS), integration=2)
        for at in range(20)
    ]
    receipts = await site.intake.take(
        *theirs, make_submission(make_alert("ours", labels={"service": "shop"}))
    )
    assert [receipt.results[0].outcome for receipt in receipts] == [Outcome.OPENED] * 20 + [
        Outcome.SUPPRESSED
    ]
    assert receipts[-1].results[0].reason == f"silence: {silence}"
    assert site.intake.unjudged[SkipReason.WORK] > 0
    assert site.intake.unjudged[SkipReason.NUMBER] == 1


async def test_global_silence_applies_while_one_integration_exhausts_work(site: Site) -> None:
    await store(site, None, *(costly(number) for number in range(400)))
    silence = await site.silence(integration=None)
    await site.intake.take(
        *(
            make_submission(make_alert(f"t{at}", labels=COSTLY_LABELS), integration=2)
            for at in range(50)
        )
    )
    assert site.intake.unjudged[SkipReason.WORK] > 0
    assert await site.fire("ours", service="shop") == (Outcome.SUPPRESSED, f"silence: {silence}")


async def test_matching_work_is_replenished_over_time(site: Site) -> None:
    last = await site.silence(a_regex("team", "sh.p"), ends=HOUR / 2, integration=2)
    await store(site, 2, *(costly(number) for number in range(30)))
    labels = COSTLY_LABELS | {"team": "shop"}
    outcomes = []
    for at in range(4):
        outcomes.append((await site.fire(f"web{at}", integration=2, **labels))[1])
        site.clock.advance(timedelta(seconds=1))
    assert outcomes[0] == "new_key"
    assert outcomes[-1] == f"silence: {last}"


@pytest.mark.parametrize("broken", ["\\y.*", "(", "\\pL{1,9}"])
async def test_stored_invalid_pattern_does_not_affect_other_silences(
    site: Site, broken: str
) -> None:
    await store(site, 1, [a_regex("service", broken)])
    assert (await site.fire("first"))[0] is Outcome.OPENED
    silence = await site.silence()
    assert await site.fire("second") == (Outcome.SUPPRESSED, f"silence: {silence}")
    assert site.intake.unjudged[SkipReason.PATTERN] > 0


async def test_unreadable_stored_silence_does_not_affect_others(site: Site) -> None:
    await site.intake.conn.execute(
        STORED, 1, site.clock.at, ['{"name": 1}', "[3]", '[{"name": "a"}]']
    )
    silence = await site.silence(a_regex("service", "sh.*"))
    assert await site.fire() == (Outcome.SUPPRESSED, f"silence: {silence}")


async def test_silences_and_patterns_per_integration_are_limited(site: Site) -> None:
    site.limits = msgspec.structs.replace(site.limits, silences=3, silence_patterns=4)
    first = await site.silence()
    await site.silence(a_regex("a", "1"), a_regex("b", "1"), a_regex("c", "1"))
    with pytest.raises(Malformed, match=r"have 3, limits\.silence_patterns is 4"):
        await site.silence(a_regex("a", "2"), a_regex("b", "2"))
    await site.silence(a_regex("a", "2"))
    with pytest.raises(
        Malformed, match=r"3 of the same integration have not ended, limits\.silences is 3"
    ):
        await site.silence()
    await site.silence(ends=HOUR / 2, id=first)
    await site.silence(integration=2)
    await site.silence(integration=None)
    await site.expire(first)
    await site.silence()


@pytest.mark.parametrize("value", ["\\y", "(a", "\\pL{1,9}"])
async def test_pattern_invalid_for_re2_is_refused_with_pointer(site: Site, value: str) -> None:
    with pytest.raises(Malformed, match="/matchers/1/value"):
        await site.silence(SHOP, a_regex("team", value))
