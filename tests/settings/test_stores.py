"""Incomplete settings of a file store are refused."""

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('store = "disk"', ["path"]),
        ('store = "s3"', ["s3/endpoint", "s3/bucket", "s3/access_key", "s3/secret_key"]),
        (
            '[attachments.s3]\nendpoint = "s3.example.com"\nprefix = "a"',
            ["s3/endpoint", "s3/prefix"],
        ),
        ("max_files = 0\nmax_link_files = 0", ["max_files", "max_link_files"]),
    ],
)
def test_invalid_attachment_store_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, pointers: list[str]
) -> None:
    (tmp_path / "gateway.toml").write_text(f"[attachments]\n{text}\n")
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {})
    assert [flaw.pointer.removeprefix("/attachments/") for flaw in refused.value.flaws] == pointers


def test_complete_store_configuration_reads_secret_from_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "gateway.toml").write_text(
        '[attachments]\nstore = "s3"\n[attachments.s3]\nendpoint = '
        '"https://s3.example.com"\nbucket = "b"\naccess_key = "a"\n'
    )
    read = load(
        tmp_path / "gateway.toml",
        {"GATEWAY_ATTACHMENTS__S3__SECRET_KEY_FILE": str(tmp_path / "secret")},
    )
    assert read.attachments.s3.secret_key == "s3cret"
