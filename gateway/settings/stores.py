"""Settings of object stores."""

from gateway.settings.section import Section


class S3(Section, frozen=True):
    """An S3-compatible object store.

    `endpoint` is its address without the bucket, which stands in the path; `prefix` ends in a
    slash.
    """

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
