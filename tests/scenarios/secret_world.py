"""Data with security incidents in every place, created by the API where possible."""

import asyncio
import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from gateway.directory.roles import Role
from tests.support.story import Story

SECRET = "zq7secret"
"""A word that people wrote into security incidents."""

SENT = "zq7sent"
"""A word of the alert that became a security incident; the alert's sender may know it."""

CONFIGURATION = """
[server]
external_url = "https://gateway.example"
[problems]
times = 1
"""

PEOPLE = {role: f"{role.value.replace('_', '')}1" for role in Role}
TIER2, MANAGER, REPORTER = PEOPLE[Role.TIER2], PEOPLE[Role.INCIDENT_MANAGER], PEOPLE[Role.REPORTER]
PRIVY = (MANAGER, PEOPLE[Role.SECURITY], "admin")
SENDER, NOBODY = "ingest", "nobody"
ORDINARY = (
    *(one for one in PEOPLE.values() if one not in PRIVY),
    "read",
    "write",
    SENDER,
    "other",
    NOBODY,
)
SHIFTS = [
    {"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T20:00:00Z", "people": [TIER2]},
    {"from": "2026-03-02T20:00:00Z", "to": "2026-03-03T04:00:00Z", "people": [TIER2, MANAGER]},
]
FLAG = {
    "security": True,
    "title": f"{SECRET} title",
    "description": SECRET,
    "labels": {"who": SECRET},
    "note": SECRET,
}

BELOW = """
UPDATE incident
SET master_id = (SELECT id FROM incident WHERE number = $2), link_reason = 'manual', link_score = 1
WHERE number = $1
"""
NEWEST = "SELECT number FROM incident ORDER BY id DESC LIMIT 1"
MESSAGE = """
SELECT o.id FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE i.number = $1 ORDER BY o.id LIMIT 1
"""
PENDING = "SELECT count(*) FROM outbox WHERE state = 'pending'"
DONE = """
SELECT i.number, t.actor, t.event FROM timeline t JOIN incident i ON i.id = t.incident_id
WHERE i.security AND t.actor = ANY($1::text[]) ORDER BY i.id, t.seq
"""


@dataclass
class World:
    """Security incidents by kind, and an ordinary record below one of them.

    `filled` holds values for the parameters of routes.
    """

    story: Story
    hidden: dict[str, str] = field(default_factory=dict)
    child: str = ""
    filled: dict[str, list[str]] = field(default_factory=dict)

    @property
    def numbers(self) -> list[str]:
        """The numbers of security incidents."""
        return list(self.hidden.values())

    def shown_in(self, text: str, identity: str) -> list[str]:
        """Return the secret words and numbers in a text for somebody who may not see them."""
        return [
            word
            for word in [SECRET, *self.numbers, *([] if identity == SENDER else [SENT])]
            if word in text
        ]

    async def mails(self) -> list[EmailMessage]:
        """Return the mails sent since the last call, once none is pending."""
        async with asyncio.timeout(10):
            while await self.story.gateway.pool.fetchval(PENDING):
                await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
        box = self.story.mailbox.arrived
        return [box.get_nowait() for _ in range(box.qsize())]

    async def done(self) -> list[tuple[str, str, str]]:
        """Return the changes of security incidents made by people who may not see them."""
        return [tuple(row) for row in await self.story.gateway.pool.fetch(DONE, list(ORDINARY))]


def may_see(mail: EmailMessage) -> bool:
    """Return whether the mail is to somebody who may see security incidents."""
    return str(mail["to"]).partition("@")[0] in (*PRIVY, "manager")


async def build(story: Story) -> World:
    """Create the data and return it."""
    world = World(story)
    for role, login in PEOPLE.items():
        await story.join(login, role, email=f"{login}@example.com")
    members = [TIER2, MANAGER]
    await story.call(
        "POST", "groups", {"slug": "mail", "name": "Mail", "tier": "tier2", "members": members}
    )
    await story.put("groups/mail/roster", {"shifts": SHIFTS})
    await _seen_before_the_flag(world)
    await _flagged_from_the_beginning(world)
    await _going_on(world)
    await _around_others(world)
    await world.mails()
    return world


async def _alert(story: Story, key: str, status: str = "firing") -> tuple[str, str]:
    """Return the receipt and the record's number of an alert.

    The sender's own view hides security incidents, so the number is read as administrator.
    """
    body = {
        "title": f"{SENT} {key}",
        "status": status,
        "dedup_key": key,
        "severity": "critical",
        "labels": {"who": SENT},
    }
    answer = await story.client.post(
        "/ingest/generic",
        json=body | {"occurred_at": story.clock.at.isoformat()},
        headers=story.as_key(SENDER),
    )
    receipt = str((await answer.json())["receipt"])
    return receipt, (await story.call("GET", f"receipts/{receipt}"))["results"][0]["incident"]


async def _seen_before_the_flag(world: World) -> None:
    """Create records that everybody could see, then flag them as security incidents.

    They are an alert's record, one of a hand-over, and one with a published article.
    """
    story, hidden, filled = world.story, world.hidden, world.filled
    await story.report("ordinary, of the number that the reference of the API has for an example")
    receipt, hidden["alert"] = await _alert(story, "disk")
    filled["/receipts/{id}"] = [receipt]
    raised = await story.client.post(
        "/v2/alerts",
        json={"message": f"{SENT} genie", "alias": "genie"},
        headers=story.as_key(SENDER),
    )
    assert raised.status == 202
    hidden["opsgenie"] = str(await story.gateway.pool.fetchval(NEWEST))
    filled["/v2/alerts/{id}"] = ["genie"]
    hidden["handed over"] = await story.report("printer")
    await story.act(hidden["handed over"], "assign", group="mail", person=TIER2)
    hidden["published"] = await story.report("a solved one", contact=f"{REPORTER}@example.com")
    await story.act(hidden["published"], "resolve", solution=f"{SECRET} solution")
    await story.call(
        "POST",
        f"incidents/{hidden['published']}/publish",
        {"title": f"{SECRET} article", "symptom": SECRET},
    )
    filled["/articles/{id}"] = [str(await story.gateway.pool.fetchval("SELECT id FROM article"))]
    filled["/messages/{id}"] = [str(await story.gateway.pool.fetchval(MESSAGE, hidden["alert"]))]
    invited = await story.call("POST", f"incidents/{hidden['published']}/invite")
    filled["/mine/{link}"] = filled["/my/{link}"] = [invited["path"].rpartition("/")[2]]
    texts = [mail.get_content() for mail in await world.mails() if not may_see(mail)]
    filled["/r/{link}"] = [
        link for text in texts for link in re.findall(r"https://gateway.example/r/(\S+)", text)
    ]
    for number in world.numbers:
        await story.call("PATCH", f"incidents/{number}", FLAG)


async def _flagged_from_the_beginning(world: World) -> None:
    """Create a security incident with data of every kind."""
    story = world.story
    number = world.hidden["born"] = await story.report(
        f"{SECRET} report",
        description=SECRET,
        security=True,
        impact="business",
        contact=f"{REPORTER}@example.com",
    )
    linked = {
        "kind": "problem",
        "system": "itsm",
        "reference": "P1",
        "address": f"https://{SECRET}.example/",
        "title": SECRET,
    }
    for action, body in (
        ("note", {"note": SECRET}),
        ("linked", linked),
        ("complaints", {"text": SECRET}),
        ("updates", {"text": SECRET}),
        ("subscribers", {"person": MANAGER}),
        ("declare_major", {"reason": SECRET}),
        ("shelve", {"reason": SECRET, "until_event": "reply"}),
    ):
        await story.call("POST", f"incidents/{number}/{action}", body)
    await story.call("PUT", f"incidents/{number}/refs/jira", {"id": SECRET})
    headers = story.as_key("admin") | {
        "Content-Disposition": f'attachment; filename="{SECRET}.txt"',
        "Content-Type": "text/plain",
    }
    kept = await story.client.post(
        f"/api/v1/incidents/{number}/attachments", data=SECRET.encode(), headers=headers
    )
    assert kept.status == 201, await kept.text()
    world.filled["/attachments/{id}"] = [str((await kept.json())["id"])]


async def _going_on(world: World) -> None:
    """Create successors of a closed security incident.

    One is opened by its recurring alert, one by hand.
    """
    story, hidden = world.story, world.hidden
    await story.act(hidden["alert"], "resolve", solution=SECRET)
    await story.act(hidden["alert"], "close")
    await story.until(60 * 7.5)
    (listed, *_) = await story.hand_over()
    world.filled["/handovers/{id}"] = [str(listed["id"])]
    _, hidden["recurring"] = await _alert(story, "disk")
    hidden["follow-on"] = str(
        (await story.call("POST", f"incidents/{hidden['alert']}/follow_on", {}))["number"]
    )


async def _around_others(world: World) -> None:
    """Link an ordinary record to a hidden master, and a hidden record to an ordinary master."""
    story, hidden = world.story, world.hidden
    world.child, above = (
        await story.report("ordinary, below a hidden one"),
        await story.report("ordinary, above a hidden one"),
    )
    hidden["master"] = await story.report(f"{SECRET} master", security=True)
    await story.gateway.pool.execute(BELOW, world.child, hidden["master"])
    hidden["below"] = await story.report(f"{SECRET} below", security=True)
    await story.call("POST", f"incidents/{hidden['below']}/link", {"master": above})
    hidden["was a master"], left = (
        await story.report("seen by all"),
        await story.report("ordinary, left by a hidden one"),
    )
    await story.call("POST", f"incidents/{left}/link", {"master": hidden["was a master"]})
    await story.call("PATCH", f"incidents/{hidden['was a master']}", FLAG)
    world.filled["{key}"] = [story.keys["other"]]
    world.filled["{number}"] = [hidden["born"], hidden["recurring"], world.child, above, left]
