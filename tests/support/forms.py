"""A browser without JavaScript, as far as the pages for reporters need one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient

COMPLETE_FORM = {
    "title": "Mail is down",
    "description": "Nothing comes in",
    "since": "",
    "impact": "group",
    "urgency": "high",
    "name": "Ann",
    "email": "ann@example.com",
    "phone": "",
    "website": "",
}


@dataclass
class Page:
    """A received page: `hidden` are the hidden fields, `flaws` the marked errors by field."""

    answer: ClientResponse
    text: str
    hidden: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.hidden = dict(
            re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.text)
        )

    @property
    def status(self) -> int:
        return self.answer.status

    def one(self, pattern: str) -> str:
        """Return the first group of the only match."""
        (found,) = set(re.findall(pattern, self.text))
        return unescape(found)

    @property
    def flaws(self) -> dict[str, str]:
        return {
            name: unescape(text)
            for name, text in re.findall(r'<p class="bad" id="(\w+)-bad">([^<]*)</p>', self.text)
        }

    @property
    def heading(self) -> str:
        return self.one(r"<h1>([^<]+)</h1>")

    @property
    def number(self) -> str:
        return self.one(r'class="number">([^<]+)<')

    @property
    def link(self) -> str:
        return self.one(r'href="(/my/[^"?]+)"')


async def get(client: TestClient[Any, Any], path: str, language: str = "en") -> Page:
    answer = await client.get(path, headers={"Accept-Language": language})
    return Page(answer, await answer.text())


async def send(
    client: TestClient[Any, Any],
    path: str,
    fields: Mapping[str, str],
    *files: tuple[str, bytes],
    language: str = "en",
) -> Page:
    """Post a form as browsers do, and follow redirects."""
    parts = path.startswith("/report") or path.endswith("/file")
    form = FormData(quote_fields=False, default_to_multipart=parts)
    for name, value in fields.items():
        form.add_field(name, value)
    for name, content in files:
        form.add_field("file" if path.endswith("/file") else "files", content, filename=name)
    answer = await client.post(path, data=form, headers={"Accept-Language": language})
    return Page(answer, await answer.text())
