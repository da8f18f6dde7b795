"""The watch put together: where it probes, and which starts of the process it counts."""

from datetime import timedelta

import aiohttp
import msgspec
import pytest

from gateway.settings import load
from gateway.watch.board import STARTS, Board
from gateway.watch.watching import Observer, probe_address
from tests.support.clock import FakeClock


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080/readyz"),  # noqa: S104 - nothing listens here
        ("::", "http://[::1]:8080/readyz"),
        ("10.0.0.7", "http://10.0.0.7:8080/readyz"),
    ],
)
def test_probe_goes_to_an_address_that_answers(host: str, address: str) -> None:
    server = msgspec.structs.replace(load(None, {}).server, host=host)
    assert probe_address(server) == address


async def test_starts_count_for_ten_times_the_bound() -> None:
    settings = load(
        None, {"GATEWAY_SERVER__PORT": "9", "DATABASE_URL": "postgresql://127.0.0.1:9/x"}
    )
    board, clock = Board(), FakeClock()
    async with aiohttp.ClientSession() as session:
        observer = Observer(settings, board, clock, session)
        found = []
        for starts, minutes in ((1, 0), (2, 5), (4, 4), (4, 10)):
            board.write(STARTS, starts)
            clock.advance(timedelta(minutes=minutes))
            seen = await observer.observe()
            found.append(seen.starts)
    assert found == [1, 2, 4, 2]
    assert (seen.probe, seen.figures) == (None, None)
    assert seen.problem
