"""Addresses of linked records are those that a browser goes to, and people see where."""

import pytest

from gateway.operations.linked import is_followable


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://a.example", "https://", "https://a b", "https://me@a.example",
     "//a.example", "https://a:x", "https://a.example\\@b.example", "https://a.example/\u202e"],
)  # fmt: skip
def test_misleading_address_is_not_followable(address: str) -> None:
    assert not is_followable(address)


def test_long_address_with_port_is_followable() -> None:
    assert is_followable("http://[::1]:8080/x?y=%20#z")
