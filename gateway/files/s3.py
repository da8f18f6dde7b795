"""Files in a bucket of S3 or of a compatible store (MinIO, Ceph, Garage).

Each file is one object, addressed by path.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from yarl import URL

from gateway.errors import Malformed, Unavailable
from gateway.files.object_list import ObjectList, read_object_list
from gateway.files.signature import (
    EMPTY_BODY_HASH,
    AwsCredentials,
    authorization,
    encoded_path,
    encoded_query,
    stamp,
)
from gateway.files.spool import PIECE, ReceivedFile
from gateway.settings import S3
from gateway.timing.clock import Clock

HANDLE = re.compile(r"[0-9a-f]{32}")
"""The name of a file that a gateway stored; other objects in the bucket are left alone."""

LARGEST_LIST = 4_194_304
"""The most bytes of a list that is read; a thousand entries are a tenth of it."""

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)
"""Timeouts in seconds.

There is no total: a large file on a slow line may take long as long as data arrives.
"""


class S3Store:
    """The file store in a bucket that no other gateway uses, or under a `prefix` in one."""

    directory: Path | None = None

    def __init__(self, settings: S3, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._who = AwsCredentials(
            access_key=settings.access_key, secret_key=settings.secret_key, region=settings.region
        )
        # A connection that the store closed meanwhile would fail a request whose body cannot be
        # sent twice.
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=TIMEOUT,
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def keep(self, received: ReceivedFile) -> str:
        """Store a file as `Store.keep` says."""
        handle = uuid4().hex
        more = {"Content-Length": str(received.size), "Content-Type": "application/octet-stream"}
        async with self._asked("PUT", handle, more=more, body=received):
            return handle

    async def read(self, handle: str) -> AsyncIterator[bytes]:
        """Read a file as `Store.read` says."""
        async with self._asked("GET", handle) as answer:
            async for piece in answer.content.iter_chunked(PIECE):
                yield piece

    async def drop(self, handle: str) -> None:
        """Delete a file as `Store.drop` says."""
        async with self._asked("DELETE", handle, fine=(200, 204, 404)):
            return

    async def stale(self, before: datetime) -> AsyncIterator[list[str]]:
        """Yield old files as `Store.stale` says."""
        query = {"list-type": "2", "prefix": self._settings.prefix}
        while True:
            async with self._asked("GET", "", query=query) as answer:
                listed = await _read_list(answer)
            names = [
                key.removeprefix(self._settings.prefix)
                for key, changed in listed.objects
                if changed < before
            ]
            yield [name for name in names if HANDLE.fullmatch(name)]
            if listed.following is None:
                return
            query["continuation-token"] = listed.following

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        handle: str,
        *,
        query: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
        body: ReceivedFile | None = None,
        fine: tuple[int, ...] = (200,),
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a signed request and yield the response.

        Raises Unavailable for a status that is not in `fine`, and if there is no response.
        """
        base = URL(self._settings.endpoint)
        path = f"{base.path.rstrip('/')}/{self._settings.bucket}" + (
            f"/{self._settings.prefix}{handle}" if handle else ""
        )
        hashed = EMPTY_BODY_HASH if body is None else body.sha256.hex()
        headers = self._signed(base, method, path, query or {}, hashed, more or {})
        url = URL(
            f"{base.origin()}{encoded_path(path)}?{encoded_query(query or {})}".rstrip("?"),
            encoded=True,
        )
        sent: Any = None if body is None else body.pieces()
        try:
            async with self._client.request(
                method, url, headers=headers, data=sent, allow_redirects=False
            ) as answer:
                if answer.status not in fine:
                    raise Unavailable(
                        f"the store of files answered {answer.status}", status=answer.status
                    )
                yield answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(
                f"the store of files cannot serve now: {type(error).__name__}"
            ) from error

    def _signed(
        self,
        base: URL,
        method: str,
        path: str,
        query: Mapping[str, str],
        body_sha256: str,
        more: Mapping[str, str],
    ) -> dict[str, str]:
        at = self._clock.now()
        host = base.host_subcomponent or ""
        spoken = {
            **more,
            "Host": host if base.is_default_port() else f"{host}:{base.port}",
            "x-amz-date": stamp(at),
            "x-amz-content-sha256": body_sha256,
        }
        return {
            **spoken,
            "Authorization": authorization(self._who, at, method, path, query, spoken, body_sha256),
        }


async def _read_list(answer: aiohttp.ClientResponse) -> ObjectList:
    page = b""
    async for piece in answer.content.iter_chunked(PIECE):
        page += piece
        if len(page) > LARGEST_LIST:
            raise Unavailable("the store of files sends a list that is too large")
    try:
        return read_object_list(page)
    except Malformed as error:
        raise Unavailable(
            f"the list of the store of files cannot be read: {error.detail}"
        ) from error
