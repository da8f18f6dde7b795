"""Signatures of requests to Tencent Cloud: TC3-HMAC-SHA256. Pure.

https://cloud.tencent.com/document/api/382/52072. The key of a day and a service is derived from
the secret, so that a signature counts for five minutes and for one service.
"""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
SIGNED = "content-type;host"


def signed_headers(
    secret_id: str, secret_key: str, host: str, service: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return the headers that sign a POST of a JSON body to `/` of a service."""
    seconds, day = str(int(now.timestamp())), now.astimezone(UTC).strftime("%Y-%m-%d")
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = f"POST\n/\n\n{headers}\n{SIGNED}\n{sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{seconds}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {
        "authorization": (
            f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED}, "
            f"Signature={signature}"
        ),
        "content-type": CONTENT_TYPE,
        "x-tc-timestamp": seconds,
    }
