"""The forms of pages that a link opens: reading one, and counting it once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.errors import Malformed
from gateway.operations.idempotency import IdempotencyKey
from gateway.untrusted import request_bodies

FORM_BYTES, FIELDS = 262_144, 100
"""The most bytes and the most fields of a form without files."""


@contextmanager
def reading_form() -> Iterator[None]:
    """Raise Malformed for a form that cannot be read."""
    try:
        yield
    except (
        ValueError,
        LookupError,
        AssertionError,
        web.RequestPayloadError,
        HttpProcessingError,
    ) as error:
        raise Malformed("the form cannot be read") from error


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form without files, each once.

    Raises Malformed, TooLarge and Overloaded.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise Malformed("the form cannot be read: send it as application/x-www-form-urlencoded")
    body = await request_bodies.read_body(request, FORM_BYTES)
    with reading_form():
        posted = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS
        )
    return {name: clean_text(value) for name, value in reversed(posted)}


def clean_text(text: str) -> str:
    """Return the text with the gateway's line ends and nothing that PostgreSQL refuses."""
    return text.replace("\r\n", "\n").replace("\0", "").encode("utf-8", "replace").decode().strip()


def form_key(link: str, form: Mapping[str, str], asked: str) -> IdempotencyKey | None:
    """Return the idempotency key of a form, None where the page gave none.

    The same form from the same page counts once, however often it is sent; changed, it is
    another one.
    """
    if not form.get("once"):
        return None
    content = msgspec.json.encode([link, asked, sorted(form.items())])
    return IdempotencyKey(sha256(b"page\0" + content).digest(), sha256(content).digest())
