"""The commands on documentation pages run in order against a new gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.settings import Database, load
from tests.support.page_commands import commands_of, run_script
from tests.support.served import RunningGateway, served

MOST_COMMANDS = 5
"""The most commands and calls of the tutorial, besides the line that is pasted."""


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(load(None, {}), database=database)) as running:
        yield running


async def run(gateway: RunningGateway, name: str, folder: Path) -> None:
    """Run the commands of a page."""
    url = str(gateway.client.make_url("/")).rstrip("/")
    script = "\n".join(commands_of(name))
    await run_script(script, folder, GATEWAY=url, ADMIN=gateway.keys["admin"])


async def test_monitors_page_commands_create_pinged_monitor(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "monitors.md", tmp_path)
    _, listed = await gateway.get("/api/v1/monitors", "admin")
    assert [(one["slug"], one["state"]) for one in listed["monitors"]] == [("nightly-backup", "up")]


async def test_on_call_page_commands_put_somebody_on_call(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "on-call.md", tmp_path)
    _, now = await gateway.get("/api/v1/schedules/web/on-call", "admin")
    assert (now["people"], now["shifts"][0]["why"]) == (["bob"], "override")
    _, later = await gateway.get("/api/v1/on-call?at=2026-03-10T03:00:00Z", "admin")
    assert [one["people"] for one in later["schedules"]] == [["bob"]]


async def test_people_page_commands_create_person_with_contact_methods(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "people.md", tmp_path)
    login = {"login": "ann", "password": "six elm trees at dusk"}
    assert (await gateway.post("/api/v1/login", login, None)).status == 200
    _, group = await gateway.get("/api/v1/groups/dba", "admin")
    assert group["members"] == ["ann"]
    _, chosen = await gateway.get("/api/v1/people/ann/contact-methods", "admin")
    assert [(one["address"], one["label"]) for one in chosen["contact_methods"]] == [
        ("ann@home.example", "study")
    ]
    _, quiet = await gateway.get("/api/v1/people/ann/quiet-hours", "admin")
    assert (len(quiet["hours"]), quiet["passes"]) == (2, 2)


async def test_escalation_page_commands_create_and_change_policy(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "escalation.md", tmp_path)
    _, made = await gateway.get("/api/v1/policies/nightly", "admin")
    assert (made["version"], made["rank"]) == (2, 10)


async def test_messages_page_commands_set_a_template(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "messages.md", tmp_path)
    _, listed = await gateway.get("/api/v1/templates", "admin")
    assert [(one["event"], one["channel"]) for one in listed["templates"]] == [("opened", "*")]


async def test_calendars_page_commands_make_absences_and_feeds(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    await run(gateway, "on-call-calendars.md", tmp_path)
    far = "?from=2150-01-01T00:00:00Z&to=2151-01-01T00:00:00Z"
    _, listed = await gateway.get(f"/api/v1/people/ann/absences{far}", "admin")
    assert [one["reason"] for one in listed["absences"]] == ["Annual leave"]
    _, feed = await gateway.get("/api/v1/schedules/databases/feed", "admin")
    assert feed["made_by"] == "ann"
    shown = await gateway.client.get(feed["address"])
    assert (await shown.text()).startswith("BEGIN:VCALENDAR")


def test_tutorial_has_the_same_few_commands_in_both_languages() -> None:
    english = commands_of("tutorial/first-on-call.md")
    assert commands_of("tutorial/first-on-call.zh-CN.md") == english
    said = [one for block in english for one in block.splitlines() if not one.startswith(" ")]
    assert len(said) == len(english) <= MOST_COMMANDS
