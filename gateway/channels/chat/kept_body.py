"""The body of a vendor's call as stored, without secrets. Pure.

It is without tokens that prove the vendor and addresses by which anybody could answer. Stored
chat bodies are never read again, so nothing is lost by it.
"""

import re

SECRETS = rb"token|sessionWebhook|session_webhook|response_url"
IN_JSON = re.compile(
    rb'("(?:' + SECRETS + rb')"\s{0,20}:\s{0,20}")(?:[^"\\]|\\.){1,2000}+"', re.DOTALL
)
IN_FORM = re.compile(rb"((?:^|&)(?:" + SECRETS + rb")=)[^&]{1,2000}+")
# An atomic group, not a possessive quantifier: those with a lookahead fail in Python 3.11.2.
IN_JSON_OF_FORM = re.compile(
    rb"(%22(?:" + SECRETS + rb")%22%3A(?:\+|%20)?%22)(?>(?:[^%]|%(?!22)){1,2000})(?=%22)",
    re.IGNORECASE,
)


def mask_secrets(body: bytes) -> bytes:
    """Return the body with tokens and response addresses masked."""
    body = IN_JSON.sub(rb'\1***"', body)
    body = IN_FORM.sub(rb"\1***", body)
    return IN_JSON_OF_FORM.sub(rb"\1***", body)
