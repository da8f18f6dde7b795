"""Steps of the tests of the web form."""

from datetime import timedelta

from tests.support.clock import FakeClock
from tests.support.forms import COMPLETE_FORM, get
from tests.support.served import RunningGateway


async def opened(gateway: RunningGateway, clock: FakeClock, language: str = "en") -> dict[str, str]:
    """Return the fields of a completed form, after the time that a person needs to fill it in."""
    page = await get(gateway.client, "/report/mail", language)
    assert page.status == 200, page.text
    clock.advance(timedelta(seconds=10))
    return COMPLETE_FORM | page.hidden


async def counted(gateway: RunningGateway) -> dict[str, int]:
    names = "incident", "receipt", "alert_event", "quarantine", "attachment"
    return {name: await gateway.pool.fetchval(f"SELECT count(*) FROM {name}") for name in names}  # noqa: S608 - names of ours
