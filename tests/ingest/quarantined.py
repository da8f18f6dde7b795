"""Steps of the tests of the quarantine."""

from typing import Any

from tests.support.served import RunningGateway

QUARANTINE, MAPPING = "/api/v1/quarantine", "/api/v1/mappings/ours/generic"

STEPS = [
    {"do": "rename", "from": "/name", "to": "/title"},
    {"do": "values", "at": "/status", "values": {"kaputt": "firing"}},
]


async def kept(
    gateway: RunningGateway, *bodies: Any, source: str = "generic", key: str = "ingest"
) -> list[int]:
    """Post bodies that cannot be read; return the ids of their quarantine entries in that order."""
    for body in bodies:
        assert (await gateway.post(f"/ingest/{source}", body, key)).status == 400
    _, listed = await gateway.get(QUARANTINE, "admin", limit=len(bodies))
    return [entry["id"] for entry in reversed(listed["quarantine"])]


async def asked(
    gateway: RunningGateway, path: str, body: Any, key: str = "admin"
) -> tuple[int, Any]:
    answer = await gateway.post(path, body, key)
    return answer.status, await answer.json(content_type=None)


async def save(gateway: RunningGateway, steps: Any, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {gateway.keys['admin']}"} | {
        n.replace("_", "-"): v for n, v in headers.items()
    }
    answer = await gateway.client.put(
        MAPPING, json={"steps": steps, "note": "they renamed it"}, headers=sent
    )
    return answer.status, await answer.json()
