"""A fixture of a gateway that receives the calls of Slack."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from gateway.settings import ChatSettings, Database, load
from tests.channels.chat.slack_calls import SECRET
from tests.channels.chat.slack_steps import SIGNING
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        chat={
            "slack": ChatSettings(secrets=(SECRET,), tenants=("T123ABC456",), service="workplace")
        },
        links=msgspec.structs.replace(plain.links, secret=SIGNING),
    )
    async with served(settings) as running:
        yield running
