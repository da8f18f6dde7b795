"""Calls of vendors' JSON APIs, without redirects or proxies, only to guarded addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import ClientSession

from gateway.egress.address_guard import AddressGuard
from gateway.egress.guarded_calls import CALL_FAULTS, interpret_fault, make_guard, open_session
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_status
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.timing.clock import Clock

MOST = 262_144
"""Bytes of a response that are read."""


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """The response of a vendor: its status, its body, a JSON object, and its Retry-After."""

    status: int
    body: Mapping[str, Any]
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class JsonApiClient:
    """A client for the API below one base address, with connections of its own.

    With `judges_failures` the caller also gets the JSON bodies of 429 and 5xx, because they say
    more than the status; with `may_be_empty` a success may have no body.
    """

    session: ClientSession
    guard: AddressGuard
    api: str
    clock: Clock
    judges_failures: bool = False
    may_be_empty: bool = False

    @classmethod
    def open(
        cls,
        api: str,
        clock: Clock,
        *,
        allow_private: bool,
        judges_failures: bool = False,
        may_be_empty: bool = False,
    ) -> "JsonApiClient":
        """Open a client, which must be closed; must be called inside the running loop."""
        guard = make_guard(allow_private=allow_private)
        session = open_session(guard)
        return cls(session, guard, api.rstrip("/"), clock, judges_failures, may_be_empty)

    async def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> VendorResponse | Retry | Undeliverable:
        """Return the vendor's response to one call, or why there is none that can be understood."""
        headers = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        if token:
            headers["authorization"] = f"Bearer {token}"
        try:
            url = self.guard.check_url(self.api + path)
            data = None if body is None else msgspec.json.encode(body)
            async with self.session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                return self._understood(
                    answer.status,
                    answer.headers.get("retry-after"),
                    await answer.content.read(MOST),
                )
        except CALL_FAULTS as error:
            return interpret_fault(error)

    def _understood(
        self, status: int, asked: str | None, content: bytes
    ) -> VendorResponse | Retry | Undeliverable:
        """Return the response with its JSON body, or why the call failed.

        For 429 and 5xx the status decides, whatever the body is, unless the caller judges them;
        otherwise a JSON body counts more than the status.
        """
        failed = status == 429 or status >= 500
        if self.may_be_empty and not content and 200 <= status < 300:
            return VendorResponse(status, {}, asked)
        if not failed or self.judges_failures:
            try:
                return VendorResponse(
                    status, msgspec.json.decode(content, type=dict[str, Any]), asked
                )
            except msgspec.DecodeError:
                pass  # the body says nothing: the status decides below
        verdict = interpret_status(status, asked, self.clock.now())
        if isinstance(verdict, Delivered):
            return Retry(f"answered {status} and no JSON", at_most=FEW_ATTEMPTS)
        return verdict

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
