"""The queries of the shipped dashboards are answered by a real Prometheus.

Prometheus scrapes a real gateway and evaluates the shipped rules.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.monitoring import DIRECT
from tests.e2e.processes import ROOT, binary, until

pytestmark = pytest.mark.e2e

QUERIES = sorted(
    {
        (board.stem, panel["title"], target["expr"])
        for board in (ROOT / "grafana/dashboards").glob("*.json")
        for panel in json.loads(board.read_text("utf-8"))["panels"]
        for target in panel["targets"]
    }
)


async def test_promtool_accepts_shipped_rules_and_test_configuration(
    site: Site, e2e_bin: Path
) -> None:
    promtool = binary(e2e_bin, "promtool")
    shipped = [str(path) for path in sorted((ROOT / "grafana/rules").glob("*.yml"))]
    for argv in (
        ("check", "rules", *shipped),
        ("check", "config", str(site.folder / "prometheus-direct.yml")),
    ):
        process = await asyncio.create_subprocess_exec(
            promtool, *argv, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()


async def test_prometheus_targets_are_up_and_shipped_rules_healthy(site: Site) -> None:
    async def healthy() -> bool:
        targets = (await site.prometheus(DIRECT, "targets"))["activeTargets"]
        groups = (await site.prometheus(DIRECT, "rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert [rule["lastError"] for rule in rules if rule["health"] == "err"] == []
        return {one["health"] for one in targets} == {"up"} and {
            rule["health"] for rule in rules
        } == {"ok"}

    await until("every target is up and every rule was evaluated", healthy)


async def test_every_panel_has_data_while_incident_is_open(site: Site) -> None:
    site.gauges[DIRECT, "Listed"] = 1
    silent: list[Any] = []

    async def all_show() -> bool:
        answers = await asyncio.gather(
            *(site.prometheus(DIRECT, "query", query=expr) for _, _, expr in QUERIES)
        )
        silent[:] = [
            query for query, answer in zip(QUERIES, answers, strict=True) if not answer["result"]
        ]
        return not silent

    assert len(QUERIES) > 20
    try:
        await until("every panel has data", all_show, 40)
    except AssertionError:
        assert silent == []


async def test_dashboard_open_incident_count_matches_gateway(site: Site) -> None:
    site.gauges[DIRECT, "Listed"] = 1
    shown = {(board, title): expr for board, title, expr in QUERIES}["live-sla", "Open incidents"]

    async def agree() -> bool:
        result = (await site.prometheus(DIRECT, "query", query=shown))["result"]
        live = [
            one
            for one in await site.incidents()
            if one["state"] not in {"resolved", "closed", "rejected"}
        ]
        return bool(live) and float(result[0]["value"][1]) == len(live)

    await until("both count the same", agree, 30)
