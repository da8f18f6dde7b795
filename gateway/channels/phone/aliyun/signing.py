"""Signatures of requests to Aliyun: ACS3-HMAC-SHA256. Pure.

https://help.aliyun.com/document_detail/2593177.html (version 3 of its signatures). All
parameters are in the query, so that the body is empty.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
NO_BODY = sha256(b"").hexdigest()


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Return the parameters as they are signed and sent, in order of their names."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in sorted(parameters.items())
    )


def signed_headers(
    key_id: str,
    secret: str,
    host: str,
    action: tuple[str, str],
    parameters: Mapping[str, str],
    nonce: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers to add to a POST to `/`; `action` is its name and the API's version."""
    headers = {
        "host": host,
        "x-acs-action": action[0],
        "x-acs-content-sha256": NO_BODY,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": action[1],
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n{canonical_query(parameters)}\n{lines}\n{names}\n{NO_BODY}"
    to_sign = f"{ALGORITHM}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()
    authorization = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    sent = {name: value for name, value in headers.items() if name != "host"}
    return sent | {"authorization": authorization}
