"""Every flaw in the settings of mail is reported with its place."""

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load

RULE = '[[mail.rules]]\nname = "x"\n'
MAILBOX = '[mail.imap.desk]\nhost = "imap.example.com"\nuser = "desk"\npassword = "secret"\n'
BUCKET = '[mail.ses.s3]\nendpoint = "https://s3.eu-west-1.amazonaws.com"\n'


def places(folder: Path, text: str) -> set[str]:
    (folder / "gateway.toml").write_text(text)
    with pytest.raises(Misconfigured) as refused:
        load(folder / "gateway.toml", {})
    return {flaw.pointer for flaw in refused.value.flaws}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (RULE, "/mail/rules/0"),
        (RULE + 'senders = ["**"]', "/mail/rules/0"),
        (RULE + 'senders = ["*"]\nservice = "{team}"', "/mail/rules/0/service"),
        ('[mail]\nreply_to = "desk"', "/mail/reply_to"),
        ("[mail]\nmax_bytes = 0", "/mail/max_bytes"),
        ("[mail]\nat_once = 0", "/mail/at_once"),
        (MAILBOX.replace(".desk", ".Desk"), "/mail/imap/Desk"),
        (MAILBOX.replace("secret", ""), "/mail/imap/desk/password_file"),
        (MAILBOX + 'servers = ["mx example"]', "/mail/imap/desk/servers/0"),
        (MAILBOX + 'poll = "10m"', "/mail/imap/desk/poll"),
        (MAILBOX + 'after = "move"\nmove_to = "INBOX"', "/mail/imap/desk/move_to"),
        ("[mail.listener]\nstarttls = true", "/mail/listener/certificate"),
        (
            '[mail.authentication]\nservers = ["mx.example.com; x"]',
            "/mail/authentication/servers/0",
        ),
        (
            '[mail.authentication]\nservers = ["mx.example.com", "a b"]',
            "/mail/authentication/servers/1",
        ),
        ('[mail.authentication]\nrelays = ["mx.example.com"]', "/mail/authentication/relays/0"),
    ],
)
def test_invalid_mail_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, place: str
) -> None:
    assert places(tmp_path, text) == {place}


def test_incomplete_s3_bucket_settings_are_reported(tmp_path: Path) -> None:
    needed = {f"/mail/ses/s3/{name}" for name in ("region", "bucket", "access_key", "secret_key")}
    assert places(tmp_path, BUCKET) == needed
    ftp = BUCKET.replace("https:", "ftp:")
    assert places(tmp_path, ftp) == needed | {"/mail/ses/s3/endpoint"}
