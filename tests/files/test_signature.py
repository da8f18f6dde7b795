"""Request signatures match the examples that AWS documents.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and, for the last, the
test suite of Signature Version 4 (get-vanilla).
"""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from gateway.files.signature import (
    EMPTY_BODY_HASH,
    AwsCredentials,
    authorization,
    encoded_path,
    encoded_query,
    stamp,
)

WHO = AwsCredentials(
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    region="us-east-1",
)
AT = datetime(2013, 5, 24, tzinfo=UTC)
BODY = sha256(b"Welcome to Amazon S3.").hexdigest()
WRITTEN = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}


@pytest.mark.parametrize(
    ("method", "path", "query", "more", "body", "signature"),
    [
        ("GET", "/test.txt", {}, {"Range": "bytes=0-9"}, EMPTY_BODY_HASH,
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("PUT", "/test$file.text", {}, WRITTEN, BODY,
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        ("GET", "/", {"lifecycle": ""}, {}, EMPTY_BODY_HASH,
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/", {"prefix": "J", "max-keys": "2"}, {}, EMPTY_BODY_HASH,
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_signature_matches_aws_examples(
    method: str, path: str, query: dict[str, str], more: dict[str, str], body: str, signature: str
) -> None:
    headers = {
        "Host": "examplebucket.s3.amazonaws.com",
        "x-amz-date": stamp(AT),
        "x-amz-content-sha256": body,
        **more,
    }
    header = authorization(WHO, AT, method, path, query, headers, body)
    names = ";".join(sorted(name.lower() for name in headers))
    scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    assert (
        header
        == f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"
    )


def test_signature_scope_includes_service() -> None:
    who = AwsCredentials(
        access_key="AKIDEXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
        service="service",
    )
    headers = {"Host": "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z"}
    header = authorization(
        who, datetime(2015, 8, 30, 12, 36, tzinfo=UTC), "GET", "/", {}, headers, EMPTY_BODY_HASH
    )
    assert header.endswith(
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )


def test_path_is_percent_encoded_and_query_is_sorted() -> None:
    assert encoded_path("/a b/ü/~-._") == "/a%20b/%C3%BC/~-._"
    assert encoded_query({"a-b": "1", "a": "/ +"}) == "a=%2F%20%2B&a-b=1"


def test_credentials_repr_hides_secret() -> None:
    assert WHO.secret_key not in repr(WHO)
