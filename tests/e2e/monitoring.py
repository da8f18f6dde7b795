"""The configuration of the real senders.

Two Prometheus servers, one for each way of delivery, and an Alertmanager for the first.
"""

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.processes import ROOT

SERVICES = {
    "DiskFull": "crm",
    "HighErrors": "crm",
    "Listed": "shop",
    "Fleeting": "search",
    "Forwarded": "bus",
    "Muted": "quiet",
}
"""The alerts of each way of delivery, and their services."""

WEBHOOK, DIRECT = "webhook", "direct"
"""The ways of delivery: Prometheus to Alertmanager to our webhook; Prometheus straight to us."""


def rules(way: str) -> dict[str, Any]:
    """Return the rules of a way of delivery: one alert for each of its gauges.

    A further alert, `Both`, is identical on both ways.
    """
    own = [
        _rule(
            name,
            f'trouble{{way="{way}",name="{name}"}} == 1',
            {"severity": "critical", "service": f"{service}-{way}", "way": way},
        )
        for name, service in SERVICES.items()
    ]
    both = _rule(
        "Both", 'max(trouble{name="Both"}) == 1', {"severity": "warning", "service": "mail"}
    )
    return {"groups": [{"name": "trouble", "interval": "1s", "rules": [*own, both]}]}


def _rule(name: str, expr: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expr,
        "for": "0s",
        "labels": labels,
        "annotations": {"summary": f"{name} at {{{{ $value }}}}"},
    }


def shipped(folder: Path) -> list[str]:
    """Return copies of the shipped rules, evaluated every second."""
    paths = []
    for path in sorted((ROOT / "grafana/rules").glob("*.yml")):
        copy = folder / path.name
        copy.write_text(path.read_text("utf-8").replace("interval: 15s", "interval: 1s"), "utf-8")
        paths.append(str(copy))
    return paths


def prometheus(
    folder: Path, way: str, alertmanagers: list[dict[str, Any]], scraped: dict[str, str]
) -> Path:
    """Write the configuration of a Prometheus with these jobs and targets; return its path."""
    own = folder / f"rules-{way}.yml"
    own.write_text(yaml.safe_dump(rules(way)))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(own), *(shipped(folder) if "gateway" in scraped else [])],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [at]}]} for job, at in scraped.items()
        ],
        "alerting": {"alertmanagers": alertmanagers},
    }
    file = folder / f"prometheus-{way}.yml"
    file.write_text(yaml.safe_dump(config))
    return file


def target(address: str) -> dict[str, Any]:
    """Return the configuration by which a Prometheus knows an Alertmanager."""
    return {"static_configs": [{"targets": [address]}]}


def gateway_targets(address: str, key: str) -> list[dict[str, Any]]:
    """Return the gateway as two Alertmanagers: with the key in the path, and in a header."""
    return [
        target(address) | {"path_prefix": f"/ingest/alertmanager/{key}"},
        target(address) | {"authorization": {"credentials": key}},
    ]


def alertmanager(folder: Path, url: str, key: str) -> Path:
    """Write the configuration of an Alertmanager and return its path.

    The Alertmanager sends everything to the gateway at once and repeatedly.
    """
    webhook = {
        "url": f"{url}/ingest/alertmanager",
        "send_resolved": True,
        "http_config": {"authorization": {"credentials": key}},
    }
    genie = {
        "api_url": f"{url}/",
        "api_key": key,
        "priority": "P2",
        "tags": "prod,disk",
        "update_alerts": True,
    }
    pager = {"url": f"{url}/v2/enqueue", "routing_key": key, "severity": "critical"}
    forwarded = {"matchers": ['alertname="Forwarded"'], "continue": True}
    route = {
        "receiver": "gateway",
        "group_by": ["alertname", "service"],
        "routes": [{"receiver": name} | forwarded for name in ("opsgenie", "pagerduty")],
    }
    waits = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1s"}
    receivers = [
        {"name": "gateway", "webhook_configs": [webhook]},
        {"name": "opsgenie", "opsgenie_configs": [genie]},
        {"name": "pagerduty", "pagerduty_configs": [pager]},
    ]
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump({"route": route | waits, "receivers": receivers}))
    return file
