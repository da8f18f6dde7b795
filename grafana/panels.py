"""What dashboards are made of: panels, colours and their places."""

from itertools import count
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOICE = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
"""The dashboard's variable that names the Prometheus to ask, so that it works in any Grafana."""
Panel = dict[str, Any]
RED, AMBER, GREEN = "red", "orange", "green"


def steps(*bounds: tuple[float | None, str]) -> dict[str, Any]:
    """Colours from each bound upwards; the first bound is None."""
    return {
        "mode": "absolute",
        "steps": [{"color": color, "value": bound} for bound, color in bounds],
    }


def panel(  # noqa: PLR0913 - a panel has that many sides, all named
    kind: str,
    title: str,
    width: int,
    queries: dict[str, str],
    *,
    unit: str = "short",
    instant: bool = False,
    thresholds: dict[str, Any] | None = None,
    height: int = 8,
    about: str = "",
) -> Panel:
    """One panel; `queries` maps legends to PromQL."""
    targets = [
        {
            "refId": chr(65 + n),
            "datasource": DATASOURCE,
            "expr": expr,
            "legendFormat": legend,
            "instant": instant,
            "range": not instant,
            "format": "table" if kind == "table" else "time_series",
        }
        for n, (legend, expr) in enumerate(queries.items())
    ]
    defaults = {"unit": unit, "thresholds": thresholds or steps((None, GREEN))}
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "gridPos": {"w": width, "h": height},
    }


def dashboard(uid: str, title: str, rows: list[list[Panel]]) -> dict[str, Any]:
    """Panels laid out row by row, 24 units wide."""
    panels, y, ids = [], 0, count(1)
    for row in rows:
        x = 0
        for one in row:
            panels.append({**one, "id": next(ids), "gridPos": {**one["gridPos"], "x": x, "y": y}})
            x += one["gridPos"]["w"]
        y += max(one["gridPos"]["h"] for one in row)
    return {
        "uid": uid,
        "title": title,
        "tags": ["incident-gateway"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "panels": panels,
        "templating": {"list": [CHOICE]},
    }
