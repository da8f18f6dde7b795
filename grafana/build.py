"""Writes the dashboards: `python -m grafana.build`.

The JSON files are what Grafana reads; these modules are what people read.
"""

import json
from pathlib import Path

from grafana.gateway_health import gateway_health
from grafana.live_sla import live_sla

HERE = Path(__file__).parent / "dashboards"


def files() -> dict[str, str]:
    """Every dashboard file and its text."""
    boards = {"live-sla.json": live_sla(), "gateway-health.json": gateway_health()}
    return {
        name: json.dumps(board, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for name, board in boards.items()
    }


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, "utf-8")
