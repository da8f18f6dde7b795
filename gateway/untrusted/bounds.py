"""The bounds of what people send, as types that msgspec checks."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Title = Annotated[str, Meta(min_length=1, max_length=1_000)]
Text = Annotated[str, Meta(max_length=32_768)]
Name = Annotated[str, Meta(max_length=256)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Priority = Annotated[int, Meta(ge=1, le=4)]
Rating = Annotated[int, Meta(ge=1, le=3)]
Moment = Annotated[datetime, Meta(tz=True)]


class Request(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The base of all request bodies: an unknown field is refused."""
