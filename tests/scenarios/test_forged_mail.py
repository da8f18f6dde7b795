"""Forged mail gives no rights: who gets replies may reply, by one rule.

Neither a forged header nor a guessed reference acts for somebody else.
"""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, entries, records, send
from tests.support.mails import RUN, post_mail, read_case_mail
from tests.support.story import Story

CASE = "06-contact-form-reply-to"
ONE = f"<one{RUN.decode()}@case.example>"
LISTED = {
    "From": "Lea Customer via Support <support@lists.example>",
    "List_Id": "<support.lists.example>",
    "Precedence": "list",
    "Reply_To": "Lea Customer <lea@customer.example>",
    "Message_ID": ONE,
}
NOBODY = {
    "From": "noreply@www.example.org",
    "Reply_To": "lea@customer.example",
    "Message_ID": ONE,
}


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


@pytest.mark.parametrize(
    "mail", [read_case_mail(CASE, "form"), a_mail(**LISTED).as_bytes(), a_mail(**NOBODY).as_bytes()]
)
async def test_answered_sender_may_refuse_solution(story: Story, mail: bytes) -> None:
    number = (await post_mail(story, mail))["incident"]
    assert (await story.record(number))["contact"] == "lea@customer.example"
    assert (await arrived(story))["to"] == "lea@customer.example"
    await story.act(number, "resolve", resolution="solved", category="x", solution="sent again")
    assert (await arrived(story))["to"] == "lea@customer.example"
    assert (await post_mail(story, read_case_mail(CASE, "refuse")))["outcome"] == "added"
    record = await story.record(number)
    assert (record["state"], record["reopened"]) == ("in_progress", 1)


async def test_guessable_incident_id_in_references_matches_nothing(
    story: Story,
) -> None:
    await story.join("dora", "service_desk", email="dora@example.com")
    await story.join("ivan", "incident_manager", email="ivan@example.com")
    number = await story.report("mail is slow", contact="ann@example.com")
    incident_id = await story.gateway.pool.fetchval(
        "SELECT id FROM incident WHERE number = $1", number
    )
    for place, sender in enumerate(("ann@example.com", "dora@example.com", "ivan@example.com")):
        forged = {
            "From": sender,
            "References": f"<incident-{incident_id}@example.com>",
            "Message_ID": f"<f{place}@x>",
        }
        await send(story, a_mail("Approved by me.", **forged))
    assert [one["event"] for one in await entries(story, number)] == ["opened"]
    assert len(await records(story)) == 4


async def test_signed_reference_of_own_mail_matches_incident(story: Story) -> None:
    await send(story, a_mail())
    told = await arrived(story)
    signed = str(told["references"]).split()[-1]
    await send(
        story, a_mail("More.", From="ann@home.example", References=signed, Message_ID="<2@x>")
    )
    forged = signed.replace("-", "-a", 1)
    await send(
        story, a_mail("Less.", From="ann@home.example", References=forged, Message_ID="<3@x>")
    )
    first, _ = await records(story)
    assert [one["facts"].get("note") for one in await entries(story, first["number"])] == [
        None,
        "More.",
    ]


async def test_mail_in_name_of_manager_has_no_role_permissions(
    story: Story,
) -> None:
    await story.join("ivan", "incident_manager", email="ivan@example.com")
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    await story.act(
        record["number"], "resolve", resolution="solved", category="x", solution="rebooted"
    )
    await arrived(story)
    forged = {"From": "Ivan <ivan@example.com>", "To": told["reply-to"], "Message_ID": "<2@x>"}
    await send(story, a_mail("Approved by me. It is still not solved, reopen it.", **forged))
    note = (await entries(story, record["number"]))[-1]
    assert (note["event"], note["actor"]) == ("note", "ivan@example.com")
    assert (await story.record(record["number"]))["state"] == "resolved"


async def test_forged_reply_to_does_not_act_as_directory_person(story: Story) -> None:
    await story.join("ivan", "incident_manager", email="ivan@corp.example")
    await send(
        story, a_mail("Pay at once.", From="eve@evil.example", Reply_To="Ivan <ivan@corp.example>")
    )
    ((record),) = await records(story)
    assert record["contact"] == "ivan@corp.example"
    assert [(one["event"], one["actor"]) for one in await entries(story, record["number"])] == [
        ("opened", "ivan@corp.example")
    ]
