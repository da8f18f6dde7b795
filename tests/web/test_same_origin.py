"""Forms are taken from pages of the gateway alone."""

import pytest

from gateway.errors import Forbidden
from gateway.web.same_origin import check_same_origin

GATEWAY = "https://gw.example/"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null", "Host": "gw.example"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://gw.example", "Host": "10.0.0.1:8080"},
        {"Origin": "http://10.0.0.1:8080", "Host": "10.0.0.1:8080"},
    ],
)
def test_form_of_the_gateway_is_taken(headers: dict[str, str]) -> None:
    check_same_origin(headers, GATEWAY)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://gw.example"},
        {"Origin": "https://evil.example", "Host": "gw.example"},
        {"Origin": "https://gw.example.evil.example", "Host": "gw.example"},
    ],
)
def test_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_same_origin(headers, GATEWAY)
