"""One trouble, told by a monitor, by mail and by telephone in two languages, is one master."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.test_mail import LISTENING, a_mail, arrived, records, send
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING.replace("acknowledgements_per_hour = 2", "acknowledgements_per_hour = 9")) as begun:
        for slug, name, aliases in (("crm", "CRM", ["客户关系系统"]), ("erp", "ERP", ["财务系统"])):
            await begun.call("POST", "services", {"slug": slug, "name": name, "aliases": aliases})
        for ci, service, upstream in (("crm-db1", "crm", []), ("crm-web1", "crm", ["crm-db1"]), ("erp-web1", "erp", [])):
            await begun.call("POST", "cis", {"name": ci, "kind": "host", "service": service, "depends_on": upstream})
        yield begun


MAILS = (
    ("CRM打不开了", "客户关系系统一直打不开,页面白屏,请尽快处理。"),
    ("crm down", "I cannot open CRM, it says 502 bad gateway."),
    ("系统问题", "大家好,客户关系系统登录不上去,打不开。"),
    ("Re: CRM", "CRM is not loading for our whole team.\n\n> On Monday Bob wrote:\n> ERP is slow"),
    ("crm web1", "crm-web1 is not responding, we cannot work"),
)


async def told(story: Story) -> tuple[str, list[str]]:
    """The alert, five mails and two calls; the master and the others."""
    master = (await story.alert("database down", service="crm", ci="crm-db1"))["incident"]
    for number, (subject, text) in enumerate(MAILS):
        await send(story, a_mail(text, Subject=subject, From=f"u{number}@example.com", Message_ID=f"<{number}@u>"))
    calls = [await story.report(said, source="phone", contact=f"+861000{said}") for said in ("CRM进不去", "caller: crm is down")]
    others = [one["number"] for one in await records(story) if one["number"] != master]
    assert others[5:] == calls
    return master, others


async def test_an_alert_five_mails_and_two_calls_are_one_master_and_what_is_undone_does_not_come_back(story: Story) -> None:
    master, others = await told(story)
    assert [(await story.record(one))["master"] for one in others] == [master] * 7
    assert len((await story.call("GET", f"incidents/{master}/related"))["related"]) == 7
    (linked,) = await story.facts(others[0], "linked")
    assert (linked["reason"], linked["score"]) == ("kin: crm-web1 depends on crm-db1", 0.86)
    await send(story, a_mail("ERP is slow today", From="u9@example.com", Message_ID="<9@u>"))
    assert (await story.record((await records(story))[-1]["number"]))["master"] is None
    assert (await story.act(others[1], "unlink"))["master"] is None
    await send(story, a_mail(MAILS[1][1], Subject="CRM broken again", From="u1@example.com", Message_ID="<10@u>"))
    await send(story, a_mail(MAILS[1][1], Subject=MAILS[1][0], From="u7@example.com", Message_ID="<11@u>"))
    assert master not in [(await story.record(one["number"]))["master"] for one in (await records(story))[-2:]]
    await story.act(others[1], "link", master=master)
    await send(story, a_mail(MAILS[1][1], Subject=MAILS[1][0], From="u8@example.com", Message_ID="<12@u>"))
    assert (await story.record((await records(story))[-1]["number"]))["master"] == master


async def test_everybody_who_reported_is_answered_when_the_master_is_resolved(story: Story) -> None:
    master, _ = await told(story)
    assert {to for to, _ in await story.mails(7)} == {"manager@example.com", "leader@example.com"} | {
        f"u{n}@example.com" for n in range(5)
    }
    await story.act(master, "resolve", solution="restarted")
    answers = [await arrived(story) for _ in range(5)]
    assert {answer["to"] for answer in answers} == {f"u{n}@example.com" for n in range(5)}
    assert {answer["in-reply-to"] for answer in answers} == {f"<{n}@u>" for n in range(5)}
    assert sum("已解决" in answer.get_content() for answer in answers) == 2
