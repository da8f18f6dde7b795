"""Addresses of linked records are those that a browser goes to, and people see where."""

import pytest

from gateway.operations.linked import followable


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://a.example", "https://", "https://a b", "https://me@a.example", "//a.example", "https://a:x",
     "https://a.example\\@b.example", "https://a.example/\u202e"],
)  # fmt: skip
def test_what_misleads_is_not_followed(address: str) -> None:
    assert not followable(address)


def test_an_address_may_be_long_and_have_a_port() -> None:
    assert followable("http://[::1]:8080/x?y=%20#z")
