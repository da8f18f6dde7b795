"""All flaws of a configuration are reported at once.

Each is reported with its place and the value found there.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Flaw, Misconfigured
from gateway.settings import Settings, load
from gateway.settings.loading import load_all
from gateway.settings.reading import SettingsReader


def problems(folder: Path, text: str, **environ: str) -> dict[str, str]:
    file = folder / "gateway.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        load(file, environ)
    return {flaw.pointer: flaw.detail for flaw in refused.value.flaws}


def test_all_flaws_of_all_sections_are_reported(tmp_path: Path) -> None:
    text = """
    [server]
    prot = 8080
    port = 99999
    max_items = "many"
    external_url = "example.com"
    [notify]
    locale = "de"
    [dedup.storm]
    new_per_minute = []
    [sla.policies.mine]
    calendar = "24x7"
    [colours]
    red = 1
    [links]
    secret = "too short"
    """
    found = problems(tmp_path, text, REDIS_URL="gibberish")
    assert found["/server/prot"] == "no such setting: port was meant? (it is '8080')"
    assert found["/server/max_items"] == "Expected `int`, got `str` (it is 'many')"
    assert found["/notify/locale"] == "Invalid enum value 'de'"
    assert found["/dedup/storm/new_per_minute"] == "Expected `int`, got `array`"
    assert found["/sla/policies/mine/warn_at"] == "is missing"
    assert found["/colours"] == "no such section: remove it or correct its name"
    assert "too short" not in found["/links/secret"]
    assert (
        found["/redis/url"]
        == "REDIS_URL is written as redis://HOST:6379/0, rediss://... or unix:///PATH"
    )


def test_unreadable_item_leaves_other_items_unchanged(tmp_path: Path) -> None:
    text = """
    [notify.recipients]
    leader = [5, "person:ann", "person:bob"]
    duty = "person:cid"
    [[routing]]
    name = "a"
    group = "net"
    [[routing]]
    group = "sre"
    [[dedup.maintenance]]
    name = "a"
    start = 2026-03-02T22:00:00+08:00
    end = 2026-03-02T21:00:00+08:00
    [[dedup.maintenance]]
    name = "b"
    """
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    loaded = load_all(file, {})
    assert [flaw.pointer for flaw in loaded.flaws] == [
        "/dedup/maintenance/1/start",
        "/notify/recipients/leader/0",
        "/notify/recipients/duty",
        "/routing/1/name",
        "/dedup/maintenance/0",
    ]
    assert loaded.settings.notify.recipients == {"leader": ("person:ann",) * 2 + ("person:bob",)}
    assert [rule.group for rule in loaded.settings.routing] == ["net", "net"]
    others = [
        Flaw("/notify/recipients/leader/1", "unread"),
        Flaw("/notify/recipients/leader", "odd"),
    ]
    below = [Flaw("/notify/recipients/leader/0", "unread"), Flaw("/routing/1/group", "of another")]
    assert list(loaded.flaws_of_readable([*others, *below])) == others


@pytest.mark.parametrize("most", [0, 10_001])
def test_max_items_is_between_1_and_10000(tmp_path: Path, most: int) -> None:
    found = problems(tmp_path, f"[server]\nmax_items = {most}\n")
    assert found == {"/server/max_items": f"is at least 1 and at most 10000 (it is '{most}')"}


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_invalid_port_is_refused(tmp_path: Path, port: int) -> None:
    text = (
        f"[server]\nport = {port}\n[notify.smtp]\nport = {port}\n[mail.listener]\nport = {port}\n"
    )
    found = problems(tmp_path, text)
    assert found.keys() == {"/server/port", "/notify/smtp/port", "/mail/listener/port"}
    assert found["/server/port"] == f"a port is a number from 0 to 65535 (it is '{port}')"


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("DATABASE_URL", "mysql://h/d", False),
        ("DATABASE_URL", "postgresql://h:port/d", False),
        ("DATABASE_URL", "postgresql:///d?host=/run/postgresql", True),
        ("REDIS_URL", "http://h", False),
        ("REDIS_URL", "redis://h:99999", False),
        ("REDIS_URL", "unix:///run/redis.sock?db=1", True),
        ("GATEWAY_SERVER__EXTERNAL_URL", "https://", False),
        ("GATEWAY_SERVER__EXTERNAL_URL", "https://gateway.example.com/base", True),
    ],
)
def test_urls_are_validated_without_showing_passwords(
    tmp_path: Path, name: str, value: str, *, right: bool
) -> None:
    if right:
        load(None, {name: value})
    else:
        (detail,) = problems(tmp_path, "", **{name: value}).values()
        assert (f"{value!r}" in detail) is (name == "GATEWAY_SERVER__EXTERNAL_URL")


def test_unreadable_secret_file_is_reported_with_variable_and_path(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    missing, binary = str(tmp_path / "missing"), str(tmp_path / "binary")
    found = problems(
        tmp_path, "", GATEWAY_DATABASE__URL_FILE=missing, GATEWAY_AUDIT__KEY_FILE=binary
    )
    assert found["/database/url"] == (
        f"GATEWAY_DATABASE__URL_FILE names {missing}, which cannot be read: "
        "No such file or directory"
    )
    assert (
        found["/audit/key"]
        == f"GATEWAY_AUDIT__KEY_FILE names {binary}, which cannot be read: it is no text"
    )


def test_secret_is_read_from_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    assert (
        load(
            None, {"GATEWAY_NOTIFY__SMTP__PASSWORD_FILE": str(tmp_path / "secret")}
        ).notify.smtp.password
        == "hush"
    )


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["port", "url", "key", "x", "1"]), inner, max_size=3)
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(["server", "sla", "notify", "fields", "redis"]), TREES, max_size=4
    )
)
def test_any_configuration_value_is_read_or_reported(tree: dict[str, object]) -> None:
    reader = SettingsReader()
    reader.read(tree, Settings, "")
    assert reader.flaws
    assert all(flaw.pointer.startswith("/") for flaw in reader.flaws)


def test_shipped_configuration_has_no_flaws() -> None:
    loaded = load_all(None, {})
    assert (loaded.flaws, loaded.broken) == ((), frozenset())
