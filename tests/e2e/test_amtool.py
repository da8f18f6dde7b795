"""amtool shows the gateway's alerts and silences as it shows those of a real Alertmanager."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.monitoring import DIRECT, WEBHOOK
from tests.e2e.processes import binary, until

pytestmark = pytest.mark.e2e


async def amtool(programs: Path, address: str, *argv: str) -> str:
    command = (binary(programs, "amtool"), f"--alertmanager.url={address}", *argv)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return told.decode()


def ours(site: Site) -> str:
    """Return the gateway's address for amtool.

    amtool can set no header without a file, so the key is in the path.
    """
    return f"{site.url}/ingest/alertmanager/{site.keys['ingest']}"


async def listed(programs: Path, address: str, *matchers: str) -> list[dict[str, Any]]:
    found = json.loads(
        await amtool(programs, address, "--output=json", "alert", "query", *matchers)
    )
    return sorted(found, key=lambda one: str(one["fingerprint"]))


async def test_amtool_lists_alerts_as_from_alertmanager(site: Site, e2e_bin: Path) -> None:
    site.gauges[WEBHOOK, "Listed"] = site.gauges[DIRECT, "Listed"] = 1
    chosen = ("alertname=Listed", f'service=~"shop-{WEBHOOK}|nothing"')

    async def on_both() -> tuple[dict[str, Any], dict[str, Any]] | None:
        ways = (site.addresses["alertmanager"], ours(site))
        theirs, mine = await asyncio.gather(
            *(listed(e2e_bin, address, *chosen) for address in ways)
        )
        return (theirs[0], mine[0]) if len(theirs) == len(mine) == 1 else None

    theirs, mine = await until("both list the alert", on_both)
    same = ("labels", "annotations", "fingerprint", "startsAt", "generatorURL")
    assert {name: mine[name] for name in same} == {name: theirs[name] for name in same}
    assert mine.keys() == theirs.keys()
    assert mine["status"] == theirs["status"]


@pytest.mark.parametrize(
    ("matchers", "ways"),
    [
        (["Listed", "way=direct"], [DIRECT]),
        (["Listed"], [DIRECT, WEBHOOK]),
        (['alertname=~"List.*"', 'way!="direct"'], [WEBHOOK]),
        (['alertname=~"List"'], []),
        (["Listed", "way!~web.*"], [DIRECT]),
    ],
)
async def test_amtool_matchers_filter_alerts(
    site: Site, e2e_bin: Path, matchers: list[str], ways: list[str]
) -> None:
    site.gauges[WEBHOOK, "Listed"] = site.gauges[DIRECT, "Listed"] = 1

    async def both_listed() -> bool:
        return len(await listed(e2e_bin, ours(site), "alertname=Listed")) == 2

    await until("the alerts of both ways are listed", both_listed)
    assert (
        sorted(one["labels"]["way"] for one in await listed(e2e_bin, ours(site), *matchers)) == ways
    )


async def test_amtool_config_cluster_and_silence_queries_are_answered(
    site: Site, e2e_bin: Path
) -> None:
    assert "gateway" in await amtool(e2e_bin, ours(site), "config", "show")
    assert "disabled" in await amtool(e2e_bin, ours(site), "cluster", "show")
    assert json.loads(await amtool(e2e_bin, ours(site), "--output=json", "silence", "query")) == []


async def test_amtool_silence_suppresses_alert_until_expired(site: Site, e2e_bin: Path) -> None:
    about = ("alertname=Muted", f"way={DIRECT}")
    made = (
        await amtool(
            e2e_bin, ours(site), "silence", "add", "--author=ann", "--comment=deploy", *about
        )
    ).strip()
    [silence] = json.loads(
        await amtool(e2e_bin, ours(site), "--output=json", "silence", "query", "alertname=Muted")
    )
    assert (silence["id"], silence["createdBy"], silence["status"]) == (
        made,
        "ann",
        {"state": "active"},
    )
    site.gauges[DIRECT, "Muted"] = 1

    async def held() -> bool:
        found = json.loads(
            await amtool(
                e2e_bin, ours(site), "--output=json", "alert", "query", "--silenced", *about
            )
        )
        return [one["status"]["silencedBy"] for one in found] == [[made]]

    await until("the alert is listed as silenced", held)
    assert await listed(e2e_bin, ours(site), *about) == []
    assert await site.incidents(service=f"quiet-{DIRECT}") == []
    await amtool(e2e_bin, ours(site), "silence", "expire", made)

    async def opened() -> bool:
        return len(await site.incidents(service=f"quiet-{DIRECT}")) == 1

    await until("what still fires has its record", opened)
    assert json.loads(await amtool(e2e_bin, ours(site), "--output=json", "silence", "query")) == []
    site.gauges[DIRECT, "Muted"] = 0
