"""Verification and decryption of the calls of Feishu and Lark. Pure.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case
"""

import hmac
from base64 import b64decode
from datetime import datetime, timedelta
from hashlib import sha1, sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.channels.chat.contract import ChatRequest, ChatSettings
from gateway.channels.chat.feishu.events import FeishuCallback, FeishuEncryptedBody
from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.conform import decode_repaired

LONGEST = timedelta(hours=8)
"""The maximum age of an event.

Feishu sends an unanswered event again until seven hours later; duplicates are counted once.
"""

BLOCK = 16
WRONG = "the signature is not by an encrypt key of chat.feishu.secrets"


def verify_call(call: ChatRequest, chat: ChatSettings) -> FeishuCallback:
    """Return a call that was verified and decrypted; raises Unauthenticated and Malformed."""
    is_signed = any([hmac.compare_digest(_sum(call, key), _given(call)) for key in chat.secrets])  # noqa: C419 - compare them all
    try:
        sealed = limits.decode(call.body, FeishuEncryptedBody).encrypt
        told = decode_repaired(
            decrypt_with_any(sealed, chat.secrets) if sealed else call.body,
            FeishuCallback,
            retyped=False,
        )
    except Malformed as error:
        if is_signed:
            raise
        raise Unauthenticated(WRONG) from error
    if told.type == "url_verification":
        # It is not signed:
        # to have it encrypted, or the token, is to know what only Feishu was told.
        if not (sealed or is_signed or chat.token):
            raise Unauthenticated(WRONG)
    elif told.is_card and not is_signed:
        _card_proved(call, chat)
    elif not is_signed:
        raise Unauthenticated(WRONG)
    check_origin(told, chat)
    if told.type != "url_verification":
        signatures.require_fresh(
            _sent(call), call.received_at, signatures.TOLERANCE if told.is_card else LONGEST
        )
    return told


def _sum(call: ChatRequest, key: str) -> bytes:
    return sha256(_signed_bytes(call, key)).hexdigest().encode()


def _signed_bytes(call: ChatRequest, secret: str) -> bytes:
    """Return what a signature is made of: time, nonce, the secret and the body."""
    stamp = call.headers.get("x-lark-request-timestamp", "")
    nonce = call.headers.get("x-lark-request-nonce", "")
    return f"{stamp}{nonce}{secret}".encode() + call.body


def _given(call: ChatRequest) -> bytes:
    return call.headers.get("x-lark-signature", "").encode("utf-8", "replace")


def _card_proved(call: ChatRequest, chat: ChatSettings) -> None:
    """Verify a button of the older form, signed with the verification token by SHA-1.

    Raises Unauthenticated.
    """
    wanted = sha1(_signed_bytes(call, chat.token), usedforsecurity=False).hexdigest().encode()
    if not hmac.compare_digest(wanted, _given(call)) or not chat.token:
        raise Unauthenticated("the signature is not by chat.feishu.token")


def check_origin(told: FeishuCallback, chat: ChatSettings) -> None:
    """Raise Unauthenticated unless verification token and tenant are those configured.

    The token of a card is something else and not compared.
    """
    token = told.header.token if told.header is not None else told.token
    if (
        chat.token
        and not told.is_card
        and not hmac.compare_digest(token.encode("utf-8", "replace"), chat.token.encode())
    ):
        raise Unauthenticated("the verification token is not chat.feishu.token")
    if told.is_card:
        require_tenant(told.tenant_key, chat)


def require_tenant(tenant: str, chat: ChatSettings) -> str:
    """Return the tenant; raises Unauthenticated for one that is not configured."""
    if chat.tenants and tenant not in chat.tenants:
        raise Unauthenticated("this tenant is not among chat.feishu.tenants")
    return tenant


def _sent(call: ChatRequest) -> datetime:
    stamp = call.headers.get("x-lark-request-timestamp", "")
    return signatures.parse_seconds(stamp[:-3] if len(stamp) == 13 else stamp)


def decrypt_with_any(text: str, keys: tuple[str, ...]) -> bytes:
    """Return the JSON that was encrypted with one of the keys; raises Unauthenticated."""
    for key in keys:
        try:
            plain = decrypt(text, key)
        except ValueError:
            continue  # it may be encrypted with another one: while keys are changed there are two
        if plain.lstrip().startswith(b"{"):
            return plain
    raise Unauthenticated("it is not encrypted with an encrypt key of chat.feishu.secrets")


def decrypt(text: str, key: str) -> bytes:
    """Decrypt base64 of AES-256-CBC under the key's SHA-256; raises ValueError.

    The first block is the initialization vector.
    """
    sealed = b64decode(text, validate=True)
    cipher = Cipher(
        algorithms.AES256(sha256(key.encode()).digest()), modes.CBC(sealed[:BLOCK])
    ).decryptor()
    padded = cipher.update(sealed[BLOCK:]) + cipher.finalize()
    padding = PKCS7(8 * BLOCK).unpadder()
    return padding.update(padded) + padding.finalize()
