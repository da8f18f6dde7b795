"""Rules and dashboards for Grafana and Prometheus use only metrics that exist.

Every alert has a runbook with steps.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry

from gateway.api.reference import RUNBOOKS
from gateway.observe.metrics import Metrics
from grafana.build import files

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "grafana/rules").glob("*.yml"))
OF_PROMETHEUS = {"up"}


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for path in RULES
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]


def boards() -> dict[str, dict[str, Any]]:
    return {
        path.name: json.loads(path.read_text("utf-8"))
        for path in sorted((ROOT / "grafana/dashboards").glob("*.json"))
    }


def expressions() -> list[str]:
    panels = [
        target["expr"]
        for board in boards().values()
        for one in board["panels"]
        for target in one["targets"]
    ]
    return panels + [rule["expr"] for rule in rules()]


def selectors(node: Any) -> Iterator[Any]:
    """Yield every vector selector below a node of the parsed expression."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "param", "vector_selector", "vs", "args"):
        below = getattr(node, name, None)
        for one in below if isinstance(below, list) else [below]:
            if one is not None and not isinstance(one, str | float | int):
                yield from selectors(one)


def exported() -> dict[str, set[str]]:
    """Return the label names of every exported series."""
    metrics = Metrics(CollectorRegistry(), ["generic"])
    metrics.answered("/", "GET", 200, 0.1)
    metrics.build.labels("0").set(1)
    metrics.incidents.remaining.labels("desk", "INC-1", "incident", "1").set(1)
    metrics.notifications.mailbox_read.labels("desk").set(1)
    metrics.notifications.mailbox_failures.labels("desk").inc()
    metrics.notifications.chat_connected.labels("slack").set(1)
    metrics.notifications.chat_failures.labels("slack").inc()
    metrics.on_call.gap_seconds.labels("dba").set(1)
    metrics.task_failures.labels("timers").inc()
    metrics.periodic_failed("promotion")
    metrics.periodic_succeeded("promotion", 1.0)
    return {
        s.name: set(s.labels)
        for registry in metrics.registries
        for family in registry.collect()
        for s in family.samples
    }


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_expression_uses_existing_metrics_and_labels(expression: str) -> None:
    known = exported() | {rule["record"]: None for rule in rules() if "record" in rule}
    found = list(selectors(promql_parser.parse(expression)))
    assert found
    for selector in found:
        assert selector.name in known or selector.name in OF_PROMETHEUS
        labels = known.get(selector.name)
        if labels is not None:
            assert {matcher.name for matcher in selector.matchers.matchers} <= labels | {
                "instance",
                "job",
            }


def test_unknown_metric_is_detected() -> None:
    found = [
        s.name
        for s in selectors(
            promql_parser.parse("sum(rate(gateway_made_up_total[5m])) / (max(gateway_other) > 0)")
        )
    ]
    assert found == ["gateway_made_up_total", "gateway_other"]
    assert not set(found) & set(exported())


def test_every_metric_is_used_by_panel_or_rule() -> None:
    asked = {s.name for e in expressions() for s in selectors(promql_parser.parse(e))}
    families = [
        family
        for registry in Metrics(CollectorRegistry()).registries
        for family in registry.collect()
    ]
    assert [f.name for f in families if not any(name.startswith(f.name) for name in asked)] == []


def test_committed_dashboards_match_generator_output() -> None:
    written = {
        path.name: path.read_text("utf-8") for path in (ROOT / "grafana/dashboards").glob("*.json")
    }
    assert written == files()


def test_panels_fit_width_without_overlap() -> None:
    for board in boards().values():
        taken: set[tuple[int, int]] = set()
        for place in (one["gridPos"] for one in board["panels"]):
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert place["x"] + place["w"] <= 24
            assert not cells & taken
            taken |= cells


def test_panels_use_selected_data_source() -> None:
    for board in boards().values():
        [choice] = board["templating"]["list"]
        assert (choice["type"], choice["query"]) == ("datasource", "prometheus")
        assert {one["datasource"]["uid"] for one in board["panels"]} == {f"${{{choice['name']}}}"}


RUNBOOK = re.compile(
    r"\{\{ with \$externalLabels\.gateway_url \}\}\{\{ \. \}\}/runbooks/([\w-]+)\{\{ end \}\}"
)
"""The address of a runbook: below the gateway's URL, empty if Prometheus does not know that."""


def runbook_of(alert: dict[str, Any]) -> Path:
    """Return the file of the runbook that an alert links to."""
    found = RUNBOOK.fullmatch(alert["annotations"]["runbook_url"])
    assert found
    return RUNBOOKS / f"{found[1]}.md"


@pytest.mark.parametrize(
    "alert", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_every_alert_has_texts_severity_and_runbook_with_steps(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"]
    runbook = runbook_of(alert).read_text("utf-8")
    assert runbook.startswith(f"# {alert['alert']}\n")
    assert "\n1. " in runbook
    assert "\n2. " in runbook
    assert alert["expr"] in runbook


def test_every_runbook_belongs_to_an_alert() -> None:
    named = {runbook_of(rule) for rule in rules() if "alert" in rule}
    assert set(RUNBOOKS.glob("gateway-*.md")) == named


def test_promtool_accepts_the_rules() -> None:
    promtool = shutil.which(
        "promtool",
        path=os.pathsep.join((os.environ.get("GATEWAY_E2E_BIN", ""), os.environ["PATH"])),
    )
    if promtool is None:
        pytest.skip("no promtool in GATEWAY_E2E_BIN or PATH")
    done = subprocess.run(
        [promtool, "check", "rules", *map(str, RULES)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_runbook_url_is_empty_without_gateway_url(tmp_path: Path) -> None:
    promtool = shutil.which(
        "promtool",
        path=os.pathsep.join((os.environ.get("GATEWAY_E2E_BIN", ""), os.environ["PATH"])),
    )
    if promtool is None:
        pytest.skip("no promtool in GATEWAY_E2E_BIN or PATH")
    down = next(rule for rule in rules() if rule.get("alert") == "GatewayDown")
    base = "https://gateway.example.com"
    (tmp_path / "tests.yml").write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(path) for path in RULES],
                "tests": [
                    promtool_test(down, base, f"{base}/runbooks/gateway-down"),
                    promtool_test(down, "", ""),
                ],
            }
        ),
        "utf-8",
    )
    asked = [promtool, "test", "rules", str(tmp_path / "tests.yml")]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool_test(rule: dict[str, Any], base: str, runbook: str) -> dict[str, Any]:
    """Return a promtool test with this external label and no series, as if the gateway is down."""
    annotations = rule["annotations"] | {"runbook_url": runbook}
    expected = {"exp_labels": rule["labels"], "exp_annotations": annotations}
    return {
        "interval": "1m",
        "external_labels": {"gateway_url": base} if base else {},
        "alert_rule_test": [
            {"eval_time": "5m", "alertname": rule["alert"], "exp_alerts": [expected]}
        ],
    }
