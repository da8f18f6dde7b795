"""A session of Opsgenie's own client, as a script would use it.

`python -W ignore -m tests.clients.opsgenie_session URL KEY`.

Writes the client's models of every response as JSON. A response that the client cannot read raises
the client's own exception.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import opsgenie_sdk as sdk  # type: ignore[import-untyped]

from gateway.timing.clock import SystemClock

ALIAS = "disk/é 1"
BY = {"identifier_type": "alias"}


def session(url: str, key: str) -> dict[str, Any]:
    configuration = sdk.Configuration()
    configuration.host, configuration.retry_enabled = url, False
    configuration.api_key["Authorization"] = key
    client = sdk.ApiClient(configuration)
    alerts, beats = sdk.AlertApi(client), sdk.HeartbeatApi(client)
    payload = sdk.CreateAlertPayload(
        message="Disk full",
        alias=ALIAS,
        description="/var",
        priority="P2",
        tags=["disk"],
        entity="db1",
        details={"service": "shop"},
    )
    made = alerts.create_alert(create_alert_payload=payload)
    told: dict[str, Any] = {"created": _became(alerts, made)}
    shown = alerts.get_alert(ALIAS, **BY).data
    told["shown"] = {
        name: getattr(shown, name)
        for name in ("message", "alias", "status", "priority", "entity", "details", "tags")
    }
    told["by id"] = alerts.get_alert(shown.id).data.alias
    told["listed"] = [one.alias for one in alerts.list_alerts(query="status:open", limit=5).data]
    told["counted"] = alerts.count_alerts(query="status:open").data.count
    told |= {name: _became(alerts, ask(alerts)) for name, ask in ASKED.items()}
    changed = alerts.get_alert(ALIAS, **BY).data
    told["changed"] = {
        name: getattr(changed, name)
        for name in ("message", "description", "tags", "details", "acknowledged")
    }
    told["closed"] = _became(
        alerts,
        alerts.close_alert(ALIAS, close_alert_payload=sdk.CloseAlertPayload(note="freed"), **BY),
    )
    told["status"] = alerts.get_alert(ALIAS, **BY).data.status
    told["missing"] = _refused(lambda: alerts.get_alert("nobody", **BY))
    told["ping"] = beats.ping("nightly").result
    told["heartbeat"] = beats.create_heartbeat(
        sdk.CreateHeartbeatPayload(
            name="nightly", interval=5, interval_unit="minutes", enabled=True
        )
    ).data.name
    told["beats"] = [one.name for one in beats.list_heart_beats().data.heartbeats]
    told["beat"] = beats.get_heartbeat("nightly").data.interval_unit
    return told


ASKED: dict[str, Callable[[Any], Any]] = {
    "acknowledged": lambda api: api.acknowledge_alert(
        ALIAS, acknowledge_alert_payload=sdk.AcknowledgeAlertPayload(user="ann"), **BY
    ),
    "noted": lambda api: api.add_note(
        ALIAS, add_note_to_alert_payload=sdk.AddNoteToAlertPayload(note="looking"), **BY
    ),
    "tagged": lambda api: api.add_tags(
        ALIAS, add_tags_to_alert_payload=sdk.AddTagsToAlertPayload(tags=["a", "b"]), **BY
    ),
    "untagged": lambda api: api.remove_tags(ALIAS, ["b"], **BY),
    "detailed": lambda api: api.add_details(
        ALIAS,
        add_details_to_alert_payload=sdk.AddDetailsToAlertPayload(details={"rack": "7"}),
        **BY,
    ),
    "detailed again": lambda api: api.add_details(
        ALIAS, add_details_to_alert_payload=sdk.AddDetailsToAlertPayload(details={"row": "2"}), **BY
    ),
    "undetailed": lambda api: api.remove_details(ALIAS, ["rack"], **BY),
    "prioritised": lambda api: api.update_alert_priority(
        ALIAS, update_alert_priority_payload=sdk.UpdateAlertPriorityPayload(priority="P1"), **BY
    ),
    "retitled": lambda api: api.update_alert_message(
        ALIAS,
        update_alert_message_payload=sdk.UpdateAlertMessagePayload(message="Disk is full"),
        **BY,
    ),
    "described": lambda api: api.update_alert_description(
        ALIAS,
        update_alert_description_payload=sdk.UpdateAlertDescriptionPayload(description="/var/log"),
        **BY,
    ),
    "snoozed": lambda api: api.snooze_alert(
        ALIAS,
        snooze_alert_payload=sdk.SnoozeAlertPayload(
            end_time=SystemClock().now() + timedelta(hours=1)
        ),
        **BY,
    ),
    "escalated": lambda api: api.escalate_alert(
        ALIAS, sdk.EscalateAlertToNextPayload(escalation=sdk.EscalationRecipient(name="next")), **BY
    ),
    "unacknowledged": lambda api: api.un_acknowledge_alert(ALIAS, **BY),
}


def _became(api: Any, answer: Any) -> list[Any]:
    """Return the client's own reading of a request's status."""
    found = api.get_request_status(answer.request_id).data
    return [found.is_success, found.action, found.status]


def _refused(ask: Callable[[], Any]) -> int:
    try:
        ask()
    except sdk.ApiException as error:
        return int(error.status)
    raise AssertionError("it was not refused")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(session(*sys.argv[1:]), default=str))
