"""A call without an answer has a result that says whether it is worth trying again."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.egress.address_guard import AddressGuard
from gateway.egress.guarded_calls import CALL_FAULTS, interpret_fault, make_guard, open_session
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Retry, Undeliverable


async def private(_host: str, _port: int) -> list[str]:
    return ["10.0.0.1"]


async def unknown(_host: str, _port: int) -> list[str]:
    raise socket.gaierror("no such name")


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with open_session(AddressGuard(lookup=private)) as opened:
        yield opened


async def fault(session: ClientSession, url: str) -> Retry | Undeliverable:
    with pytest.raises(CALL_FAULTS) as failed:
        await session.get(url)
    return interpret_fault(failed.value)


async def test_name_with_private_address_is_refused_a_few_times(session: ClientSession) -> None:
    found = await fault(session, "https://push.example.net/1")
    assert isinstance(found, Retry)
    assert (found.at_most, found.down) == (FEW_ATTEMPTS, False)
    assert found.reason.startswith("refused")


async def test_unknown_name_counts_against_the_endpoint() -> None:
    async with open_session(AddressGuard(lookup=unknown)) as session:
        found = await fault(session, "https://push.example.net/1")
    assert isinstance(found, Retry)
    assert (found.at_most, found.down) == (None, True)


async def test_closed_port_counts_against_the_endpoint(unused_tcp_port: int) -> None:
    async with open_session(make_guard(allow_private=True)) as session:
        found = await fault(session, f"http://127.0.0.1:{unused_tcp_port}/")
    assert isinstance(found, Retry)
    assert found.down


def test_refused_address_is_never_tried_again() -> None:
    with pytest.raises(CALL_FAULTS) as refused:
        make_guard(allow_private=False).check_url("https://127.0.0.1/")
    assert isinstance(interpret_fault(refused.value), Undeliverable)
    assert make_guard(allow_private=True).check_url("http://127.0.0.1:8080/")
