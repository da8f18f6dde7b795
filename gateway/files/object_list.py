"""The list of the objects in a bucket of S3. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from datetime import datetime
from typing import NamedTuple

from gateway.errors import Malformed
from gateway.untrusted.xml_reader import read_xml


class ObjectList(NamedTuple):
    """One page of a list: keys with the times of their last change, and the token of the next."""

    objects: tuple[tuple[str, datetime], ...]
    following: str | None


def read_object_list(page: bytes) -> ObjectList:
    """Return what a page of a list says, in any namespace; raises Malformed."""
    root = read_xml(page)
    try:
        objects = tuple(
            (entry.findtext("{*}Key", ""), _moment(entry.findtext("{*}LastModified", "")))
            for entry in root.iterfind("{*}Contents")
        )
    except ValueError as error:
        raise Malformed(f"an object's time cannot be read: {error}") from error
    return ObjectList(objects, root.findtext("{*}NextContinuationToken"))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment
