"""The OpenAPI document describes exactly the addresses that a gateway serves."""

from gateway.api.description.paths import strip_patterns
from gateway.app.intake_routes import ALERTMANAGER_PATH
from tests.compat.opsgenie.conftest import settings
from tests.support.served import served

HAS_OWN_ROUTE = {("POST", ALERTMANAGER_PATH)}
"""Routes that are described as /ingest/{source} and have no description of their own."""

ONLY_READ = {("POST", "/ingest/app/mine"), ("POST", "/ingest/phone/threecx/lookup")}
"""Routes that answer 405; without them the path would be read as a source and its key."""


async def test_openapi_describes_exactly_the_served_routes(database_url: str) -> None:
    async with served(settings(database_url)) as running:
        routes = [
            route for route in running.client.app.router.routes() if route.resource is not None
        ]
        answer = await running.client.get("/openapi.json")
        paths = (await answer.json())["paths"]
    addresses = {
        (route.method, strip_patterns(route.resource.canonical))
        for route in routes
        if route.resource
    }
    there = {
        (method, path.rstrip("/")) for method, path in addresses if method not in {"HEAD", "*"}
    }
    described = {
        (method.upper(), path) for path, operations in paths.items() for method in operations
    }
    assert there - ONLY_READ - HAS_OWN_ROUTE == described
