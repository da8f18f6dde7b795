"""Real mails as files (tests/cases), posted unchanged to the whole gateway."""

from pathlib import Path
from typing import Any

from tests.support.story import Story

RUN = b".17643899481234"
CASES = Path(__file__).parents[1] / "cases"


async def post_mail(story: Story, mail: bytes) -> dict[str, Any]:
    """Post a mail unchanged and return its result."""
    headers = story.as_key("ingest") | {"Content-Type": "message/rfc822"}
    answer = await story.client.post("/ingest/email/raw", data=mail, headers=headers)
    assert answer.status == 202, await answer.text()
    return dict((await answer.json())["results"][0])


def read_case_mail(case: str, name: str) -> bytes:
    """Return a mail of a case; @RUN in it makes mails of different runs different."""
    return (CASES / case / f"{name}.eml").read_bytes().replace(b"@RUN", RUN)
