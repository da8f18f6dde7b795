"""Requests to Aliyun are signed as its documentation computes an example."""

from datetime import UTC, datetime

from gateway.channels.phone.aliyun.signing import canonical_query, signed_headers


def test_published_example_has_its_published_signature() -> None:
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    headers = signed_headers(
        "YourAccessKeyId",
        "YourAccessKeySecret",
        "ecs.cn-shanghai.aliyuncs.com",
        ("RunInstances", "2014-05-26"),
        {"RegionId": "cn-shanghai", "ImageId": image},
        "3156853299f313e23d1673dc12e1703d",
        datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )
    assert headers["authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    assert "host" not in headers


def test_parameters_are_encoded_as_rfc_3986_says() -> None:
    assert canonical_query({"b": "短 *~/", "a": '{"x":1}'}) == (
        "a=%7B%22x%22%3A1%7D&b=%E7%9F%AD%20%2A~%2F"
    )
