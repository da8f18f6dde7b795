"""A function that shows the masters of the incidents that alerts opened."""

from tests.support.intake import (
    IntakeHarness,
)


async def linked(intake: IntakeHarness) -> dict[str, str | None]:
    rows = await intake.rows(
        "SELECT i.dedup_key, m.dedup_key AS master FROM incident i LEFT "
        "JOIN incident m ON m.id = i.master_id"
    )
    return {row["dedup_key"]: row["master"] for row in rows}
