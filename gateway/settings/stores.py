"""Where things are kept outside the database."""

from gateway.settings.section import Section


class S3(Section, frozen=True):
    """An object store that speaks like S3: its address without the bucket, which stands in the path; `prefix` ends in a slash."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
