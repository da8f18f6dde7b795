"""Requests to Tencent Cloud are signed as its documentation computes an example."""

from datetime import UTC, datetime

from gateway.channels.phone.tencent.signing import signed_headers


def test_published_example_has_its_published_signature() -> None:
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    headers = signed_headers(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "cvm.tencentcloudapi.com",
        "cvm",
        body,
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert headers["authorization"] == (
        "TC3-HMAC-SHA256 "
        "Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )
    assert headers["x-tc-timestamp"] == "1551113065"
