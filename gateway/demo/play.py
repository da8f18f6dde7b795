"""The whole demo."""

import asyncio

import aiohttp

from gateway.demo.noise import BackgroundTraffic
from gateway.demo.scenes import SCENES
from gateway.demo.stage import DemoClient
from gateway.demo.team import create_demo_catalogue
from gateway.timing.clock import Clock

PACE = 1.2
"""Seconds between two events, on average."""


async def play(
    url: str, ingest_key: str, admin_key: str, clock: Clock, pace: float = PACE
) -> DemoClient:
    """Play every scene, one after the other, over the background traffic.

    The returned stage lists the refused requests.
    """
    async with aiohttp.ClientSession() as session:
        stage = DemoClient(session, url, ingest_key, admin_key, clock, pace)
        await create_demo_catalogue(stage)
        async with asyncio.TaskGroup() as group:
            group.create_task(BackgroundTraffic(stage).play())
            group.create_task(_scenes(stage))
        return stage


async def _scenes(stage: DemoClient) -> None:
    for scene in SCENES:
        await scene(stage)
        await stage.pause(3)
