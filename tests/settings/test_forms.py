"""Tests of the settings of the report form."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('zone = "Mars/Olympus"', "/form/zone"),
        ('max_age = "5d"', "/form/max_age"),
        ('min_age = "4h"', "/form/max_age"),
        ('region = "China"', "/form/region"),
        ("per_address = 0", "/form/per_address"),
        ('impact_at_most = "galaxy"', "/form/impact_at_most"),
        ("max_bytes = 1000", "/form/max_bytes"),
    ],
)
def test_invalid_form_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, pointer: str
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(f"[form]\n{text}\n")
    with pytest.raises(Misconfigured) as refused:
        load(file, {})
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]


def test_form_services_are_read_from_environment() -> None:
    form = load(None, {"GATEWAY_FORM__SERVICES": "mail vpn"}).form
    assert (form.services, form.refilled_within) == (("mail", "vpn"), timedelta(minutes=10))
