"""Any content within a valid frame of a sender is read or refused as malformed."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.settings import SourceSettings
from tests.ingest.any_json import JSON, WORDS
from tests.ingest.requests import read


def frames(inner: object, word: str) -> list[tuple[str, object]]:
    """Return bodies of the senders with a fixed format, with arbitrary content where it is free."""
    alarm = {
        "AlarmName": word,
        "NewStateValue": "ALARM",
        "Trigger": inner,
        "StateChangeTime": word,
        "AlarmArn": inner,
    }
    envelope = {
        "Type": "Notification",
        "MessageId": word,
        "TopicArn": word,
        "Timestamp": word,
        "SignatureVersion": word,
    }
    envelope |= {"Signature": word, "SigningCertURL": word}
    essentials = {
        "alertRule": word,
        "monitorCondition": "Fired",
        "alertId": word,
        "firedDateTime": word,
        "configurationItems": inner,
    }
    return [
        (
            "azure",
            {
                "schemaId": "azureMonitorCommonAlertSchema",
                "data": {"essentials": essentials, "customProperties": inner},
            },
        ),
        ("cloudwatch", envelope | {"Message": word}),
        ("cloudwatch", envelope | {"Message": msgspec.json.encode(alarm).decode()}),
        (
            "cloudwatch",
            envelope | {"Type": "SubscriptionConfirmation", "Message": "", "SubscribeURL": word},
        ),
        (
            "github",
            {
                "repository": {"full_name": word},
                "alert": {"number": inner, "rule": inner},
                "action": "created",
            },
        ),
        (
            "github",
            {"repository": {"full_name": word}, "workflow_run": inner, "action": "completed"},
        ),
        (
            "github",
            {
                "organization": inner,
                "deployment_status": {"state": "error", "environment": word, "updated_at": word},
            },
        ),
        (
            "google_cloud",
            {
                "incident": {
                    "incident_id": word,
                    "state": "open",
                    "started_at": inner,
                    "resource": inner,
                }
            },
        ),
        (
            "google_cloud",
            {
                "incident": {
                    "incident_id": "1",
                    "state": word,
                    "policy_user_labels": inner,
                    "metric": {"labels": inner},
                }
            },
        ),
        (
            "grafana",
            {
                "alerts": [{"status": "firing", "labels": {word: word}, "values": inner}],
                "externalURL": word,
            },
        ),
        (
            "grafana",
            {
                "alerts": [inner, {"status": "firing", "labels": inner}],
                "orgId": inner,
                "groupKey": word,
            },
        ),
        (
            "sentry",
            {
                "action": "critical",
                "data": {"metric_alert": {"id": inner, "date_started": word, "alert_rule": inner}},
            },
        ),
        (
            "sentry",
            {
                "action": "triggered",
                "data": {
                    "event": {"issue_id": word, "datetime": word, "url": word, "title": inner}
                },
            },
        ),
        ("sentry", {"action": word, "data": inner, "installation": inner}),
        (
            "standard_webhooks",
            {"type": word, "timestamp": inner, "data": {"title": word, "labels": inner}},
        ),
        ("standard_webhooks", {"type": word, "data": inner}),
    ]


@given(inner=JSON, word=st.text() | WORDS)
def test_any_content_in_vendor_frame_is_read_or_malformed(inner: object, word: str) -> None:
    for slug, body in frames(inner, word):
        try:
            msgspec.json.encode(read(slug, body, sentry_hook_timestamp="1795237200").alerts)
        except Malformed as refusal:
            assert refusal.flaws  # noqa: PT017


@given(inner=JSON, word=st.text())
def test_any_content_in_valid_envelope_is_read_or_malformed(inner: object, word: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    page = {"event_action": "trigger", "payload": {"summary": "s", "custom_details": inner}}
    mapped = SourceSettings(mapping={"items": "/a", "title": "/title/x", "labels": "/labels/0"})
    told = {f"ce-{name}": value for name, value in event.items()} | {
        "ce_subject": word,
        "ce_time": word,
    }
    for slug, body, intake, headers in (
        ("cloudevents", event | {"data": inner}, None, {}),
        ("cloudevents", event | {"data_base64": word}, mapped, {}),
        ("cloudevents", inner, None, told),
        ("cloudevents", inner, None, told | {"content_type": "text/plain"}),
        ("generic", {"a": inner}, mapped, {}),
        ("pagerduty", page, None, {}),
    ):
        try:
            msgspec.json.encode(read(slug, body, intake, **headers).alerts)
        except Malformed as refusal:
            assert refusal.flaws  # noqa: PT017
