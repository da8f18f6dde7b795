"""Mails of the field as files (tests/cases), handed to the whole gateway as they came."""

from pathlib import Path
from typing import Any

from tests.support.story import Story

RUN = b".17643899481234"
CASES = Path(__file__).parents[1] / "cases"


async def hand_in(story: Story, mail: bytes) -> dict[str, Any]:
    """Post a mail as it is; answers what became of it."""
    headers = story.as_key("ingest") | {"Content-Type": "message/rfc822"}
    answer = await story.client.post("/ingest/email/raw", data=mail, headers=headers)
    assert answer.status == 202, await answer.text()
    return dict((await answer.json())["results"][0])


def of_case(case: str, name: str) -> bytes:
    """The mail of that name in a case; @RUN in it makes one run's mails different from another's."""
    return (CASES / case / f"{name}.eml").read_bytes().replace(b"@RUN", RUN)
