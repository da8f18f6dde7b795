"""What comes of a whole day is exactly what was meant to."""

from pathlib import Path

from tests.scenarios.a_day import CONFIGURATION, play
from tests.scenarios.conftest import Telling

MEANT = Path(__file__).with_name("a_day.txt")


async def test_a_day_ends_in_exactly_this(telling: Telling, tmp_path: Path) -> None:
    async with telling(CONFIGURATION) as story:
        day = await play(story)
        assert len(day.numbers) == 40
        (tmp_path / "told.txt").write_text(told := await day.told())
    assert told.splitlines() == MEANT.read_text().splitlines(), f"now {tmp_path}/told.txt; if meant, it replaces {MEANT}"
