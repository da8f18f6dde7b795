"""The module `outbound` of each described channel opens that channel and no other."""

from contextlib import AsyncExitStack
from pathlib import Path

from gateway.app.notifications import open_channels
from gateway.channels.opening import ChannelParts
from gateway.db.pool import Pool
from gateway.settings import load
from gateway.settings.notify import NOTIFICATION_CHANNELS
from tests.app.test_recipients import EVERY_CHANNEL
from tests.support.clock import FakeClock

OTHERS = """
[notify.feishu]
app_id = "cli_1"
app_secret = "s3same"
[notify.dingtalk.robots.ops]
token = "t0ken"
[notify.telegram]
token = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
[notify.teams.workflows]
ops = "https://prod.example.com/workflows/1?sig=x"
[notify.ntfy]
address = "https://ntfy.example.com"
[notify.bark]
address = "https://bark.example.com"
[notify.gotify]
address = "https://gotify.example.com"
[notify.apprise.urls]
ops = "json://hooks.example.com"
"""


async def test_described_channels_are_those_opened(tmp_path: Path, pool: Pool) -> None:
    (tmp_path / "gateway.toml").write_text(EVERY_CHANNEL + OTHERS)
    settings = load(tmp_path / "gateway.toml", {})
    async with AsyncExitStack() as stack:
        parts = ChannelParts(stack, pool, settings, FakeClock(), (b"s" * 32,))
        assert open_channels(parts).keys() == NOTIFICATION_CHANNELS.keys()


async def test_only_what_needs_no_account_is_opened_without_settings(pool: Pool) -> None:
    async with AsyncExitStack() as stack:
        parts = ChannelParts(stack, pool, load(None, {}), FakeClock(), (b"s" * 32,))
        assert set(open_channels(parts)) == {"webhook", "webpush"}
