"""AWS Signature Version 4, for S3 and compatible stores. Pure.

It turns a request and a moment into an Authorization header.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_BODY_HASH = sha256(b"").hexdigest()
"""The hash of a request without a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCredentials:
    """The credentials that requests are signed with, and the region and service they are for."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str = "s3"


def encoded_path(path: str) -> str:
    """Return a path as sent and signed, percent-encoded except letters, digits and `-._~/`."""
    return quote(path, safe="-._~/")


def encoded_query(query: Mapping[str, str]) -> str:
    """Return a query as it is sent and signed: in the order of its encoded names."""
    pairs = sorted(
        (quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query.items()
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def stamp(at: datetime) -> str:
    """Return the moment in the format of `x-amz-date`; `at` is in UTC."""
    return at.strftime("%Y%m%dT%H%M%SZ")


def authorization(
    who: AwsCredentials,
    at: datetime,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body_sha256: str,
) -> str:
    """Return the Authorization header that signs a request.

    All of `headers` are signed: `host` and `x-amz-date` are among them, names in any case.
    `path` and `query` are not encoded yet; `body_sha256` is in hex.
    """
    spoken = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(spoken))
    lines = "".join(f"{name}:{spoken[name]}\n" for name in sorted(spoken))
    canonical = "\n".join(
        [method, encoded_path(path), encoded_query(query), lines, names, body_sha256]
    )
    scope = f"{at:%Y%m%d}/{who.region}/{who.service}/aws4_request"
    signed = "\n".join([ALGORITHM, stamp(at), scope, sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_key(who, at), signed.encode(), sha256).hexdigest()
    return (
        f"{ALGORITHM} Credential={who.access_key}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )


def _key(who: AwsCredentials, at: datetime) -> bytes:
    key = b"AWS4" + who.secret_key.encode()
    for part in (f"{at:%Y%m%d}", who.region, who.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
