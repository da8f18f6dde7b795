"""A fake object store that verifies every signature and lists two objects a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import unquote

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.files.signature import AwsCredentials, authorization
from gateway.settings import S3

SETTINGS = S3("", "eu-x", "incident files", "gw/", "AKIDEXAMPLE", "a secret")
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PAGE = 2


@dataclass
class ObjectStore:
    """A fake object store: `objects` by name with body and time; `broken` is a status to answer."""

    settings: S3 = SETTINGS
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    broken: int = 0
    at: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.broken:
            return web.Response(status=self.broken)
        if not self._signed(request, body):
            return web.Response(status=403)
        bucket, _, name = unquote(request.rel_url.raw_path).removeprefix("/base/").partition("/")
        assert bucket == self.settings.bucket
        if not name:
            return self._list(request)
        if request.method == "PUT":
            self.objects[name] = body, self.at
        elif request.method == "DELETE":
            return web.Response(status=204 if self.objects.pop(name, None) else 404)
        elif name not in self.objects:
            return web.Response(status=404)
        return web.Response(body=self.objects[name][0] if request.method == "GET" else b"")

    def _signed(self, request: web.Request, body: bytes) -> bool:
        given, hashed = request.headers["Authorization"], request.headers["x-amz-content-sha256"]
        names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        at = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        who = AwsCredentials(access_key="AKIDEXAMPLE", secret_key="a secret", region="eu-x")
        headers, query = {name: request.headers[name] for name in names}, dict(request.query)
        wanted = authorization(
            who, at, request.method, unquote(request.rel_url.raw_path), query, headers, hashed
        )
        return (
            given == wanted
            and {"host", "x-amz-date"} <= set(names)
            and hashed == sha256(body).hexdigest()
        )

    def _list(self, request: web.Request) -> web.Response:
        names = sorted(name for name in self.objects if name.startswith(request.query["prefix"]))
        start = int(request.query.get("continuation-token", "+0").removeprefix("+"))
        entries = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{self.objects[name][1]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for name in names[start : start + PAGE]
        )
        more = (
            f"<NextContinuationToken>+{start + PAGE}</NextContinuationToken>"
            if start + PAGE < len(names)
            else ""
        )
        return web.Response(
            text=f'<ListBucketResult xmlns="{NAMESPACE}">{entries}{more}</ListBucketResult>',
            content_type="application/xml",
        )


@asynccontextmanager
async def run_object_store() -> AsyncIterator[tuple[ObjectStore, S3]]:
    """Run a store and provide it with the settings to reach it."""
    store = ObjectStore()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", store.serve)
    server = TestServer(app)
    await server.start_server()
    settings = msgspec.structs.replace(SETTINGS, endpoint=f"http://127.0.0.1:{server.port}/base")
    try:
        yield store, settings
    finally:
        await server.close()
