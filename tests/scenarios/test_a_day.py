"""The result of a whole day is exactly the expected one."""

from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.scenarios.a_day import CONFIGURATION, play
from tests.scenarios.conftest import Telling
from tests.support.story import Story

MEANT = Path(__file__).with_name("a_day.txt")

HAPPENED = """
SELECT 'opened' AS happening, count(*) AS times FROM incident
UNION ALL SELECT 'closed', count(*) FROM incident WHERE state IN ('closed', 'rejected')
UNION ALL SELECT event, count(*) FROM timeline
WHERE event IN ('resolved', 'reopened', 'sla_breached')
GROUP BY event
"""


async def counted(story: Story) -> Counter[str]:
    """Return the count of each event in the metrics, summed over all series."""
    found: Counter[str] = Counter()
    text = await (await story.client.get("/metrics")).text()
    for family in text_string_to_metric_families(text):
        name = family.name.removeprefix("gateway_").removeprefix("incidents_")
        if name in {"opened", "closed", "resolved", "reopened", "sla_breached"}:
            found[name] += sum(int(sample.value) for sample in family.samples)
    return found


async def test_whole_day_matches_recorded_outcome(telling: Telling, tmp_path: Path) -> None:
    async with telling(CONFIGURATION) as story:
        day = await play(story)
        assert len(day.numbers) == 40
        (tmp_path / "told.txt").write_text(told := await day.told())
        rows = await story.gateway.pool.fetch(HAPPENED)
        happened = Counter({row["happening"]: row["times"] for row in rows})
        assert await counted(story) == happened
    assert told.splitlines() == MEANT.read_text().splitlines(), (
        f"now {tmp_path}/told.txt; if meant, it replaces {MEANT}"
    )
