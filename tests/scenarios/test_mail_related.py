"""A reply by mail to a record that follows a master."""

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING
from tests.support.mails import post_mail, read_case_mail

CASE = "16-reply-to-a-merged-record"


@pytest.mark.parametrize("reply", ["b-refuse", "b-fact"])
async def test_reply_to_linked_incident_after_master_resolution_detaches_it(
    telling: Telling, reply: str
) -> None:
    async with telling(LISTENING) as story:
        await story.join("tina", "tier2", "service_desk", email="tina@example.com")
        master = (await post_mail(story, read_case_mail(CASE, "a")))["incident"]
        related = (await post_mail(story, read_case_mail(CASE, "b")))["incident"]
        await story.act(related, "link", master=master)
        await story.act(master, "acknowledge", "tina")
        await story.act(master, "resolve", "tina", solution="more memory")
        await post_mail(story, read_case_mail(CASE, reply))
        record = await story.record(related)
        assert (record["state"], record["master"]) == ("logged", None)
        events = [event for _, event in await story.told(related)]
        assert "note" in events[events.index("unlinked") :]
        due = "SELECT next_due_at FROM incident WHERE number = $1"
        assert await story.gateway.pool.fetchval(due, related) is not None
