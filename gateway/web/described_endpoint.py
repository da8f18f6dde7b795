"""Descriptions of endpoints outside the route table, for the OpenAPI document. Pure."""

from dataclasses import dataclass
from enum import Enum

JSON, FORM, PARTS, BYTES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/octet-stream",
)


class KeyLocation(Enum):
    """The place where a request carries its key, as a sentence."""

    NONE = "Needs no key."
    HEADER = "Needs the scope `ingest`."
    READS = "Needs the scope `ingest` or `read`."
    READ = "Needs the scope `read`."
    WRITE = "Needs the scope `write`."
    PATH = "The path has the key, with the scope `ingest`."
    PATH_READS = "The path has the key, with the scope `ingest` or `read`."
    PATH_READ = "The path has the key, with the scope `read`."
    PATH_WRITE = "The path has the key, with the scope `write`."
    BODY = "The body or the query has the key, with the scope `ingest`."
    LINK = "The path has the signed link that a reporter was given."


IN_HEADERS = frozenset({KeyLocation.HEADER, KeyLocation.READS, KeyLocation.READ, KeyLocation.WRITE})
"""The places that are a header."""


@dataclass(frozen=True, slots=True)
class DescribedEndpoint:
    """One operation outside the route table.

    `request_body` are the media types of its body, `query_names` the names in its query.
    """

    method: str
    path: str
    summary: str
    key: KeyLocation = KeyLocation.HEADER
    request_body: tuple[str, ...] = ()
    query_names: tuple[str, ...] = ()
    body_optional: bool = False
