"""The `replay` command: show the alerts of a captured request, and send it again."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from gateway.errors import Flaw, GatewayError, Malformed, Misconfigured
from gateway.ingest.reading.captured import CapturedRequest, parse_captured
from gateway.ingest.reading.rereading import UNSET, try_reading
from gateway.ingest.reading.source import Source
from gateway.ingest.sources import SOURCES
from gateway.quarantine import examples, mapping, masking
from gateway.quarantine.difference import Difference, find_differences
from gateway.quarantine.trial import ExpectedEffect, Trial
from gateway.settings import Settings
from gateway.timing.clock import SystemClock

UNDERSTOOD, REFUSED, UNABLE = 0, 1, 2
"""Exit statuses.

Everything was understood and, if sent, accepted; something was not; it could not be tried.
"""

FORETOLD = {
    ExpectedEffect.OPENS_OR_REPEATS: "opens a record, or repeats the open one of this key",
    ExpectedEffect.CLEARS_IF_FIRING: "clears the alert of this key, if it is firing",
    ExpectedEffect.ACKNOWLEDGES_IF_FIRING: "acknowledges the alert of this key, if it is firing",
    ExpectedEffect.UNACKNOWLEDGES_IF_FIRING: (
        "takes back the acknowledgement of the alert of this key"
    ),
    ExpectedEffect.ADDS_A_NOTE_IF_OPEN: "adds a note to the record of this key, if it is open",
    ExpectedEffect.ONLY_A_TEST: "is only a test, and opens nothing",
}
DROPPED_HEADERS = {
    "host",
    "content-length",
    "connection",
    "authorization",
    "accept-encoding",
    "transfer-encoding",
    "x-api-key",
    "expect",
}
"""Headers of the captured request that belong to its original transport."""

WITHIN = aiohttp.ClientTimeout(total=15)


def add_arguments(replay: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    replay.add_argument(
        "source", metavar="SOURCE", help="whose request it is, as in /ingest/SOURCE"
    )
    replay.add_argument(
        "file",
        metavar="FILE",
        help="raw HTTP or a bare body; a directory of them; - is standard input",
    )
    replay.add_argument(
        "--mapping", type=Path, metavar="FILE", help="steps to do before it is read, as JSON"
    )
    replay.add_argument(
        "--apply", action="store_true", help="send it to the gateway that is running"
    )
    replay.add_argument(
        "--url", help="where that is (default: server.external_url, or this machine)"
    )
    replay.add_argument(
        "--key",
        default=os.environ.get("GATEWAY_KEY", ""),
        help="an ingest key (default: GATEWAY_KEY)",
    )
    replay.set_defaults(
        run=lambda settings, options: asyncio.run(replay_captured(settings, options))
    )


async def replay_captured(settings: Settings, options: argparse.Namespace) -> int:
    """Show the alerts of each captured request; with --apply send those that are understood.

    Returns the worst status of all. Raises Misconfigured for an unknown source or a missing key.
    """
    source = next((one for one in SOURCES if one.slug == options.source), None)
    if source is None:
        raise Misconfigured(
            f"there is no source {options.source!r}: {', '.join(one.slug for one in SOURCES)}"
        )
    if options.apply and not options.key:
        raise Misconfigured("sending needs an ingest key: --key, or GATEWAY_KEY")
    steps = _steps(options.mapping) if options.mapping else ()
    worst, now = UNDERSTOOD, SystemClock().now()
    for name, data in _inputs(options.file):
        try:
            request = parse_captured(data)
        except Malformed as error:
            print(f"{name}: {error.detail}")
            worst = max(worst, REFUSED)
            continue
        status = _told(name, source, settings, steps, request, now)
        if status == UNDERSTOOD and options.apply:
            status = await _sent(source, request, options.url or _address(settings), options.key)
        worst = max(worst, status)
    return worst


def _inputs(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each input; raises Misconfigured if there is none."""
    path = Path(name)
    try:
        if name == "-":
            yield "standard input", sys.stdin.buffer.read()
        elif path.is_dir():
            found = sorted(path.rglob("request.http")) or sorted(
                one for one in path.rglob("*") if one.is_file()
            )
            if not found:
                raise Misconfigured(f"there is no file in {name}")
            yield from ((str(one), one.read_bytes()) for one in found)
        else:
            yield name, path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{name} cannot be read: {error.strerror}") from error


def _steps(path: Path) -> mapping.Mapping:
    try:
        steps: mapping.Mapping = msgspec.json.decode(path.read_bytes(), type=mapping.Mapping)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise Misconfigured(f"{path} is no list of steps: {error}") from error
    mapping.check(steps)
    return steps


def _told(
    name: str,
    source: Source,
    settings: Settings,
    steps: mapping.Mapping,
    request: CapturedRequest,
    now: datetime,
) -> int:
    trial = try_reading(
        source, settings.intake.get(source.slug, UNSET), steps, request.delivery(now)
    )
    print(
        f"{name}: "
        + (_sum(trial) if trial.understood else f"{source.title} cannot be read from this")
    )
    for alert in trial.alerts:
        print(
            f"  {alert.status:<12} {alert.title}\n    key      {alert.namespace}: {alert.dedup_key}"
        )
        for word, value in (
            ("severity", alert.severity),
            ("service", alert.service),
            ("ci", alert.ci),
            ("time", alert.event_time),
        ):
            if value:
                print(f"    {word:<8} {value}")
        print(f"    outcome  {FORETOLD[alert.outcome]}")
    for reason in trial.ignored:
        print(f"  ignored      {reason}")
    for line in () if trial.understood else _lines(source, steps, request.body, trial.flaws):
        print(f"  {line}")
    return UNDERSTOOD if trial.understood else REFUSED


def _sum(trial: Trial) -> str:
    return (
        f"{len(trial.alerts)} alert{'' if len(trial.alerts) == 1 else 's'}, "
        f"{len(trial.ignored)} ignored"
    )


def _lines(
    source: Source, steps: mapping.Mapping, sent: bytes, flaws: tuple[Flaw, ...]
) -> Iterator[str]:
    """Yield each error with its place, and the captured body most similar to this one."""
    shipped = examples.load_examples().get(source.slug, ())
    try:
        body: Any = msgspec.json.decode(mapping.apply_mapping(steps, sent))
    except (Malformed, msgspec.DecodeError, ValueError, RecursionError):
        yield from (f"{flaw.pointer or '/'}: {flaw.detail}" for flaw in flaws)
        return
    found = find_differences(body, source.expects, flaws, examples.names(shipped))
    yield from (_line(one) for one in found)
    nearest = examples.find_nearest(body, shipped)
    if nearest is not None:
        yield (
            f"most like {source.slug}/{nearest.case}: "
            f"{msgspec.json.encode(masking.mask_value(nearest.body)).decode()[:500]}"
        )


def _line(one: Difference) -> str:
    shown = "" if one.found is None else f" (it is {one.found})"
    return f"{one.pointer or '/'}: {one.detail}{shown}"


def _address(settings: Settings) -> str:
    server = settings.server
    return server.external_url or f"http://{server.host}:{server.port}"


async def _sent(source: Source, request: CapturedRequest, url: str, key: str) -> int:
    """Send the request as it was captured, with this key, and return the exit status.

    Raises GatewayError if the gateway cannot be reached.
    """
    headers = {
        name: value for name, value in request.headers.items() if name not in DROPPED_HEADERS
    }
    headers |= {"authorization": f"Bearer {key}"}
    headers.setdefault("content-type", "application/json")
    address = f"{url.rstrip('/')}/ingest/{source.slug}"
    try:
        async with (
            aiohttp.ClientSession(timeout=WITHIN) as session,
            session.post(
                address, data=request.body, headers=headers, params=request.query
            ) as answer,
        ):
            status, told = answer.status, await answer.read()
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise GatewayError(
            f"{url} could not be asked ({error}): does it answer, and is it an address as "
            "http://127.0.0.1:8080?"
        ) from error
    print(f"  sent         {status} {told.decode('utf-8', 'replace')[:1_000]}")
    if status in {401, 403, 404} or status >= 500:
        return UNABLE
    return UNDERSTOOD if status < 300 else REFUSED
