"""A session of PagerDuty's own client, as a script would use it.

`python -W ignore -m tests.clients.pagerduty_session URL KEY`.
"""

import json
import sys
from typing import Any

import pagerduty


def session(url: str, key: str) -> dict[str, Any]:
    client = pagerduty.EventsApiV2Client(key, base_url=url)
    named = client.trigger(
        "Disk full", "db1", dedup_key="disk", severity="critical", custom_details={"mount": "/var"}
    )
    derived = client.trigger("Net down", "gw1")
    told = {
        "named": named,
        "derived": derived,
        "acknowledged": client.acknowledge("disk"),
        "resolved": client.resolve(derived),
    }
    client.submit(
        "Deployed 1.2",
        source="ci",
        custom_details={"build": "7"},
        links=[{"href": "https://ci.example/7", "text": "Build"}],
        timestamp="2026-11-21T04:00:00+00:00Z",  # with both signs of UTC, as the client writes it
    )
    return told | {
        "refused": _refused(client),
        "stranger": _refused(pagerduty.EventsApiV2Client("wrong", base_url=url), "Disk full"),
    }


def _refused(client: Any, summary: str = "") -> int:
    try:
        client.trigger(summary, "db1", severity="awful")
    except pagerduty.HttpError as error:
        return int(error.response.status_code if error.response is not None else 0)
    raise AssertionError("it was not refused")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(session(*sys.argv[1:])))
