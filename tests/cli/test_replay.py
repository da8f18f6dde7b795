"""`python -m gateway replay` shows the alerts that a captured request would become.

It reports flaws of the request, and sends it if asked to.
"""

import argparse
import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.__main__ import main
from gateway.cli.replay import add_arguments, replay_captured
from gateway.errors import GatewayError
from gateway.settings import load
from tests.ingest.requests import FIXTURES
from tests.support.served import served

FIRING = str(FIXTURES / "alertmanager" / "firing" / "request.http")
BAD = b'{"event_acton": "trigger", "payload": {"summary": 5}, "routing_key": 12345}'


pytestmark = pytest.mark.usefixtures("logs_as_before")


def test_captured_request_is_shown_as_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "alertmanager", FIRING]) == 0
    told = capsys.readouterr().out
    assert "1 alert, 0 ignored" in told
    assert "firing       Latency is high" in told
    assert "key      alertmanager: c6eb7f2d1a3b4c5d" in told
    assert "opens a record, or repeats the open one" in told


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("event_acknowledged", "acknowledges the alert of this key, if it is firing"),
        ("event_unacknowledged", "takes back the acknowledgement of the alert of this key"),
        ("event_commented", "adds a note to the record of this key, if it is open"),
    ],
)
def test_acknowledgements_and_comments_are_shown(
    capsys: pytest.CaptureFixture[str], case: str, outcome: str
) -> None:
    assert main(["replay", "icinga", str(FIXTURES / "icinga" / case / "request.http")]) == 0
    assert f"outcome  {outcome}" in capsys.readouterr().out


def test_malformed_standard_input_is_reported_by_pointer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(BAD)))
    assert main(["replay", "pagerduty", "-"]) == 1
    told = capsys.readouterr().out
    assert "/event_acton: 'event_acton' is not read: 'event_action' is" in told
    assert (
        "/payload/summary: a text or null is expected here, and not a whole number (it is 5)"
        in told
    )
    assert "most like pagerduty/" in told
    assert "12345" not in told


def test_directory_is_replayed_by_file_and_worst_result_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["replay", "pagerduty", str(FIXTURES / "pagerduty" / "firing")]) == 0
    for name, data in (
        ("a", BAD),
        ("b", b'{"event_action": "trigger", "payload": {"summary": "s"}}'),
        ("c", b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n"),
    ):
        (tmp_path / name).write_bytes(data)
    assert main(["replay", "pagerduty", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert [f"{tmp_path / name}: " in told for name in "abc"] == [True, True, True]


def test_mapping_is_applied_to_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    body, steps = tmp_path / "body.json", tmp_path / "steps.json"
    body.write_text('{"name": "Disk"}')
    steps.write_text('[{"do": "rename", "from": "/name", "to": "/title"}]')
    assert main(["replay", "generic", str(body)]) == 1
    assert main(["replay", "generic", str(body), "--mapping", str(steps)]) == 0
    assert "firing       Disk" in capsys.readouterr().out


def test_invalid_json_and_ignored_alert_are_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("{")
    (tmp_path / "b").write_text('{"type": "DOWNTIMESTART", "host": "h1"}')
    assert main(["replay", "nagios", str(tmp_path / "a")]) == 1
    assert main(["replay", "nagios", str(tmp_path / "b")]) == 0
    told = capsys.readouterr().out
    assert "/: the body is not JSON" in told
    assert "ignored      downtimestart" in told


def test_invalid_arguments_return_exit_code_2(tmp_path: Path) -> None:
    for asked in (
        ["nobody", FIRING],
        ["alertmanager", "/nowhere"],
        ["alertmanager", str(tmp_path)],
        ["alertmanager", FIRING, "--apply"],
        ["alertmanager", FIRING, "--mapping", FIRING],
        ["alertmanager", FIRING, "--mapping", "/nowhere"],
    ):
        assert main(["replay", *asked]) == 2


async def test_apply_option_sends_valid_request_to_gateway(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = load(None, {"DATABASE_URL": database_url})
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    async with served(settings) as gateway:
        url = str(gateway.client.make_url("/"))

        async def asked(source: str, file: str, key: str) -> int:
            return await replay_captured(
                settings, parser.parse_args([source, file, "--apply", "--url", url, "--key", key])
            )

        assert await asked("alertmanager", FIRING, gateway.keys["ingest"]) == 0
        assert '"outcome":"opened"' in capsys.readouterr().out
        assert await asked("alertmanager", FIRING, "gwk_wrong") == 2
        (tmp_path / "bad").write_bytes(BAD)
        assert await asked("pagerduty", str(tmp_path / "bad"), gateway.keys["ingest"]) == 1
        assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 1
    with pytest.raises(GatewayError):
        await asked("alertmanager", FIRING, "x")
