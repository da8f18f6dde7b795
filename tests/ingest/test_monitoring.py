"""The sources of monitoring systems.

Tested are any content in a valid frame, the shipped templates, and the notification command.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from aiohttp import web
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from gateway.dedup.priority import grade_of
from gateway.errors import Malformed
from gateway.ingest.sources import zabbix
from gateway.settings import load
from gateway.vocabulary import AlertStatus
from tests.compat.test_endpoints import settings
from tests.ingest.requests import FIXTURES, read
from tests.ingest.test_notification_command import Nagios, Stub
from tests.support.served import RunningGateway, served

INTEGRATIONS = Path(__file__).parents[2] / "integrations"
SLUGS = [
    "datadog",
    "dynatrace",
    "elastic",
    "healthchecks",
    "icinga",
    "nagios",
    "newrelic",
    "splunk",
    "uptime_kuma",
    "zabbix",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["x" * 600, "1e400", "{X}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def sent(case: str) -> dict[str, Any]:
    """Return the body of a fixture."""
    body: dict[str, Any] = msgspec.json.decode(
        (FIXTURES / case / "request.http").read_bytes().partition(b"\n\n")[2]
    )
    return body


@pytest.mark.parametrize("slug", SLUGS)
@effort(max_examples=40)
@given(data=st.data())
def test_any_field_value_is_read_or_malformed(slug: str, data: st.DataObject) -> None:
    body = sent(
        data.draw(
            st.sampled_from(
                [f"{slug}/firing", "icinga/event_firing"]
                if slug == "icinga"
                else [f"{slug}/firing"]
            )
        )
    )
    name, value = data.draw(st.sampled_from(sorted(body))), data.draw(VALUES)
    if isinstance(body[name], dict) and data.draw(st.booleans()):
        body[name] = body[name] | {data.draw(st.sampled_from(sorted(body[name]))): value}
    else:
        body[name] = value
    try:
        msgspec.json.encode(read(slug, body).alerts)
    except Malformed as refusal:
        assert refusal.flaws  # noqa: PT017


@pytest.mark.parametrize("slug", ["datadog", "dynatrace", "healthchecks", "uptime_kuma", "zabbix"])
def test_test_button_alert_is_marked_as_test(slug: str) -> None:
    ((_, alert),) = read(slug, sent(f"{slug}/test_button")).alerts
    assert alert.test


@pytest.mark.parametrize(
    ("case", "priority"),
    [("zabbix/firing", 2), ("nagios/firing", 1), ("nagios/host_down", 2),
     ("icinga/event_firing", 1), ("datadog/firing", 2), ("datadog/told_again", 3),
     ("newrelic/firing", 1), ("dynatrace/firing", 3), ("elastic/firing", 1), ("splunk/firing", 2),
     ("uptime_kuma/firing", 2), ("healthchecks/firing", 2)],
)  # fmt: skip
def test_severities_map_to_priorities(case: str, priority: int) -> None:
    slug = case.partition("/")[0]
    ((_, alert),) = read(slug, sent(case)).alerts
    assert grade_of(slug, alert.severity, load(None, {}).intake).priority == priority


def test_repeated_splunk_search_keeps_dedup_key_without_duplicate_delivery() -> None:
    one, two = read("splunk", sent("splunk/firing")), read("splunk", sent("splunk/fired_again"))
    assert one.alerts[0][1].dedup_key == two.alerts[0][1].dedup_key
    rows = [read("splunk", sent("splunk/firing"), webhook_id="").delivery_id, one.delivery_id]
    assert rows == [None, "m1"]


def test_icinga_command_and_event_share_dedup_key() -> None:
    command, event = (
        read("icinga", sent("icinga/firing")),
        read("icinga", sent("icinga/event_firing")),
    )
    assert command.alerts[0][1].dedup_key == event.alerts[0][1].dedup_key
    hidden = sent("icinga/event_ok") | {"muted": True, "muted_reason": "in downtime"}
    assert read("icinga", hidden).alerts[0][1].status is AlertStatus.RESOLVED


@pytest.mark.parametrize("case", ["nagios/firing", "icinga/firing", "icinga/event_firing"])
def test_check_name_is_label_and_not_catalogue_service(case: str) -> None:
    slug, body = case.partition("/")[0], sent(case)
    ((_, alert),) = read(slug, body).alerts
    assert (alert.service, alert.ci) == ("", alert.labels["host"])
    assert alert.labels["service"]
    named = (
        {"extra_tags": {"business_service": "shop"}}
        if "tags" in body
        else {"business_service": "shop"}
    )
    ((_, alert),) = read(slug, body | named).alerts
    assert alert.service == "shop"


def filled(name: str, values: dict[str, str], macro: str) -> dict[str, Any]:
    """Return the body that a shipped template gives when its sender has filled in the macros.

    A macro without a value is left empty.
    """
    text = re.sub(
        macro, lambda found: values.get(found[1], ""), (INTEGRATIONS / name).read_text("utf-8")
    )
    body: dict[str, Any] = msgspec.json.decode(text)
    return body


def test_shipped_templates_are_read_like_fixtures() -> None:
    variables = {
        "ALERT_ID": "1234",
        "ALERT_TRANSITION": "Triggered",
        "ALERT_SCOPE": "host:srv01,service:shop",
        "ORG_ID": "11023",
        "ALERT_CYCLE_KEY": "9bd4",
        "TAGS": "service:shop",
        "DATE": "1795237080000",
        "ALERT_PRIORITY": "P2",
    }
    ((_, datadog),) = read(
        "datadog", filled("datadog/payload.json", variables, r"\$([A-Z_]+)")
    ).alerts
    assert datadog.dedup_key == read("datadog", sent("datadog/firing")).alerts[0][1].dedup_key
    assert (datadog.service, datadog.severity, datadog.occurrence) == ("shop", "p2", "9bd4")
    problem = {
        "PID": "-71_V2",
        "State": "MERGED",
        "ProblemTitle": "Slow",
        "ProblemURL": "https://x.example",
        "ImpactedEntities": "[]",
    }
    ((_, dynatrace),) = read(
        "dynatrace", filled("dynatrace/payload.json", problem, r"\{([A-Za-z]+)\}")
    ).alerts
    assert (dynatrace.dedup_key, dynatrace.status, dynatrace.labels["merged"]) == (
        "-71_V2",
        AlertStatus.RESOLVED,
        "true",
    )
    rule = {
        "rule.id": "r",
        "rule.name": "CPU",
        "alert.id": "h1",
        "alert.actionGroup": "recovered",
        "date": "2026-11-21T04:58:00Z",
    }
    ((_, kibana),) = read(
        "elastic", filled("elastic/kibana.json", rule, r"\{\{([a-zA-Z.]+)\}\}")
    ).alerts
    assert (kibana.dedup_key, kibana.status) == ("r/h1", AlertStatus.RESOLVED)


def test_shipped_elastic_watch_sends_firing_and_resolved() -> None:
    actions = msgspec.json.decode((INTEGRATIONS / "elastic/watcher.json").read_bytes())["actions"]
    told = []
    for action in actions.values():
        text = action["webhook"]["body"].replace(
            "{{#toJson}}ctx.watch_id{{/toJson}}", '"log_errors"'
        )
        text = re.sub(r"\{\{ctx.execution_time\}\}", "2026-11-21T04:58:00Z", text)
        ((_, alert),) = read("elastic", text.encode()).alerts
        told.append((alert.dedup_key, alert.status))
    assert told == [
        ("watch/log_errors", AlertStatus.FIRING),
        ("watch/log_errors", AlertStatus.RESOLVED),
    ]


def test_zabbix_media_type_sends_fields_of_source() -> None:
    export = yaml.safe_load(
        (INTEGRATIONS / "zabbix/media_type_incident_gateway.yaml").read_text("utf-8")
    )
    (media,) = export["zabbix_export"]["media_types"]
    names = [one["name"] for one in media["parameters"]]
    own = {"gateway_url", "gateway_key", "http_proxy"}
    assert set(names) - own == {field.name for field in msgspec.structs.fields(zabbix.Event)}
    assert all(f"delete told.{name};" in media["script"] for name in own)
    assert (media["attempts"], media["attempt_interval"]) == ("10", "30s")


Answers = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(settings(database_url)) as running:
        yield running


async def test_nagios_command_and_icinga_event_open_and_clear_incidents(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(gateway.keys["ingest"] + "\n")
    nagios = Nagios(tmp_path, Stub(port=gateway.client.make_url("/").port or 0))
    for kind, state in (("PROBLEM", "CRITICAL"), ("RECOVERY", "OK")):
        told = (
            f"type={kind}",
            "host=srv01",
            "service=HTTP",
            f"state={state}",
            f'output=it\'s "{state}" = 50%',
            "author=$NOTIFICATIONAUTHOR$",
        )
        status, output = await nagios.tell(*told)
        assert (status, "results" in output) == (0, True), output
    event = sent("icinga/event_firing")
    for body in (event, event | {"severity": "ok", "id": "another"}):
        answer = await gateway.post("/process-event", body, key="ingest")
        assert (answer.status, (await answer.json())["message"]) == (
            200,
            "event processed successfully",
        )
    assert (await gateway.post("/process-event", {"tags": {}}, key="ingest")).status == 400
    assert (await gateway.post("/process-event", event, key=None)).status == 401
    _, listed = await gateway.get("/api/v1/incidents", key="read")
    assert sorted((one["source"], one["title"], one["state"]) for one in listed["incidents"]) == [
        ("icinga", "dummy-809!random fortune", "resolved"),
        ("nagios", "HTTP on srv01 is CRITICAL", "resolved"),
    ]
