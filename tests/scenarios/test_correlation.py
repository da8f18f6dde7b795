"""Reports of one trouble by a monitor, mail and telephone in two languages share one master."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, records, send
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(
        LISTENING.replace("acknowledgements_per_hour = 2", "acknowledgements_per_hour = 9")
    ) as begun:
        for slug, name, aliases in (("crm", "CRM", ["客户关系系统"]), ("erp", "ERP", ["财务系统"])):
            await begun.call("POST", "services", {"slug": slug, "name": name, "aliases": aliases})
        for ci, service, upstream in (
            ("crm-db1", "crm", []),
            ("crm-web1", "crm", ["crm-db1"]),
            ("erp-web1", "erp", []),
        ):
            await begun.call(
                "POST",
                "cis",
                {"name": ci, "kind": "host", "service": service, "depends_on": upstream},
            )
        yield begun


MAILS = (
    ("CRM打不开了", "客户关系系统一直打不开,页面白屏,请尽快处理。"),
    ("crm down", "I cannot open CRM, it says 502 bad gateway."),
    ("系统问题", "大家好,客户关系系统登录不上去,打不开。"),
    ("Re: CRM", "CRM is not loading for our whole team.\n\n> On Monday Bob wrote:\n> ERP is slow"),
    ("crm web1", "crm-web1 is not responding, we cannot work"),
)


async def told(story: Story) -> tuple[str, list[str]]:
    """Send an alert, five mails and two calls; return the master and the other records."""
    master = (await story.alert("database down", service="crm", ci="crm-db1"))["incident"]
    for number, (subject, text) in enumerate(MAILS):
        await send(
            story,
            a_mail(
                text, Subject=subject, From=f"u{number}@example.com", Message_ID=f"<{number}@u>"
            ),
        )
    for caller, said in (
        ("+8613800138001", "CRM进不去"),
        ("+8613800138002", "hello, the crm is down"),
    ):
        await called(story, caller, "hangup", DIALSTATUS="ANSWER", ANSWEREDTIME="60")
        await called(story, caller, "recording", TRANSCRIPT=said)
    return master, [one["number"] for one in await records(story) if one["number"] != master]


async def called(story: Story, caller: str, event: str, **more: str) -> None:
    """Send an event of a telephone system about a call."""
    form = {"LINKEDID": f"1764.{caller[-4:]}", "CALLERID": caller, **more}
    answer = await story.client.post(
        f"/ingest/phone/asterisk/{event}", data=form, headers=story.as_key("ingest")
    )
    assert answer.status == 202, await answer.text()


async def test_alert_mails_and_calls_share_one_master_and_unlinked_stays_unlinked(
    story: Story,
) -> None:
    master, others = await told(story)
    assert [(await story.record(one))["master"] for one in others] == [master] * 7
    assert len((await story.call("GET", f"incidents/{master}/related"))["related"]) == 7
    (linked,) = await story.facts(others[0], "linked")
    assert (linked["reason"], linked["score"]) == ("correlation: crm-web1 depends on crm-db1", 0.86)
    await send(story, a_mail("ERP is slow today", From="u9@example.com", Message_ID="<9@u>"))
    assert (await story.record((await records(story))[-1]["number"]))["master"] is None
    assert (await story.act(others[1], "unlink"))["master"] is None
    await send(
        story,
        a_mail(MAILS[1][1], Subject="CRM broken again", From="u1@example.com", Message_ID="<10@u>"),
    )
    await send(
        story, a_mail(MAILS[1][1], Subject=MAILS[1][0], From="u7@example.com", Message_ID="<11@u>")
    )
    assert master not in [
        (await story.record(one["number"]))["master"] for one in (await records(story))[-2:]
    ]
    await story.act(others[1], "link", master=master)
    await send(
        story, a_mail(MAILS[1][1], Subject=MAILS[1][0], From="u8@example.com", Message_ID="<12@u>")
    )
    assert (await story.record((await records(story))[-1]["number"]))["master"] == master


async def test_all_reporters_are_notified_when_master_is_resolved(story: Story) -> None:
    master, _ = await told(story)
    assert {to for to, _ in await story.mails(7)} == {
        "manager@example.com",
        "leader@example.com",
    } | {f"u{n}@example.com" for n in range(5)}
    await story.act(master, "resolve", solution="restarted")
    told_of_the_end = [await arrived(story) for _ in range(7)]
    answers = [mail for mail in told_of_the_end if mail["to"].startswith("u")]
    assert {answer["to"] for answer in answers} == {f"u{n}@example.com" for n in range(5)}
    assert {answer["in-reply-to"] for answer in answers} == {f"<{n}@u>" for n in range(5)}
    assert sum("已解决" in answer.get_content() for answer in answers) == 2


ALIKE = (
    ("打印机", "你好,打印机打印不了,一直没反应,麻烦看一下"),
    ("login", "I cannot log in to Windows 11, it says wrong password"),
    ("letters", "Excel shows strange signs instead of letters, UTF-8 problem?"),
)


@pytest.mark.parametrize(("subject", "text"), ALIKE)
async def test_same_words_of_strangers_are_only_proposed_without_catalogue(
    telling: Telling, subject: str, text: str
) -> None:
    async with telling(LISTENING) as story:
        for person in ("ann", "bob"):
            mail = a_mail(
                text, Subject=subject, From=f"{person}@example.com", Message_ID=f"<{person}@u>"
            )
            await send(story, mail, sender=f"{person}@example.com")
        first, second = await records(story)
        assert second["master"] is None
        (proposed,) = (await story.call("GET", f"incidents/{second['number']}/related"))["proposed"]
        assert (proposed["master"], proposed["reason"]) == (first["number"], "correlation: words")
        await story.act(second["number"], "link", master=first["number"])
        assert (await story.record(second["number"]))["master"] == first["number"]


async def test_same_machine_in_two_mails_is_linked_without_catalogue(telling: Telling) -> None:
    async with telling(LISTENING) as story:
        for person, text in (
            ("ann", "prn-0312 打印不了,没反应"),
            ("bob", "prn-0312 does not print anything"),
        ):
            await send(
                story, a_mail(text, From=f"{person}@example.com", Message_ID=f"<{person}@u>")
            )
        first, second = await records(story)
        assert second["master"] == first["number"]
