"""swaks, the SMTP client for trying mail by hand, and a relay deliver mail by STARTTLS."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.processes import binary

pytestmark = pytest.mark.e2e

REFUSED = 24
"""The exit status of swaks if every recipient is refused."""

NOT_TAKEN = 26
"""The exit status of swaks if the mail itself is refused."""


@pytest.fixture
def swaks(e2e_bin: Path, site: Site) -> Any:
    """Provide a function that runs swaks and returns its exit status and output."""
    perl = next(e2e_bin.parent.glob("lib/*/perl5/*/Net/SSLeay.pm")).parents[1]

    async def run(*to: str, **given: str) -> tuple[int, str]:
        options = [
            word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)
        ]
        process = await asyncio.create_subprocess_exec(
            "perl",
            binary(e2e_bin, "swaks"),
            "--server",
            f"127.0.0.1:{site.smtp_port}",
            "--tls",
            "--tls-verify",
            "--tls-ca-path",
            str(site.folder / "certificate.pem"),
            "--from",
            "ann@example.com",
            "--to",
            ",".join(to),
            "--timeout",
            "20s",
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PERL5LIB": str(perl)},
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode("utf-8", "replace")

    return run


async def test_swaks_delivers_valid_mail_and_invalid_mail_is_refused(
    site: Site, swaks: Any, tmp_path: Path
) -> None:
    ours = f"in+{site.keys['ingest']}@gw.example"
    status, printed = await swaks(ours, header="Subject: by swaks", body="The disk is full.")
    assert status == 0, printed
    assert "=== TLS started" in printed
    page, file, chinese = tmp_path / "page.html", tmp_path / "screen.png", tmp_path / "gbk.eml"
    page.write_text("<p>The <b>disk</b> is full.</p>")
    file.write_bytes(bytes(range(256)))
    more = {"attach_type": "text/html", "attach_body": f"@{page}", "attach": f"@{file}"}
    assert (await swaks(ours, header="Subject: a page by swaks", **more))[0] == 0
    head = (
        "From: ann@example.com\r\nSubject: "
        "=?gbk?B?tMXFzML6wcs=?=\r\nContent-Type: text/plain; charset=gbk\r\n"
    )
    chinese.write_bytes(
        (head + "Content-Transfer-Encoding: 8bit\r\n\r\n").encode()
        + "服务器的磁盘满了\r\n".encode("gbk")
    )
    assert (await swaks(ours, data=f"@{chinese}"))[0] == 0
    assert (await swaks("in+gwk_0_wrong@gw.example", body="x"))[0] == REFUSED
    chinese.write_bytes(head.encode() + b"\r\n" + b"x\r\n" * 30_000)
    assert (await swaks(ours, data=f"@{chinese}"))[0] == NOT_TAKEN
    found = {one["title"]: one["description"] for one in await site.incidents(source="email")}
    assert found == {
        "by swaks": "The disk is full.",
        "a page by swaks": "The disk is full.",
        "磁盘满了": "服务器的磁盘满了",
    }


PERMANENT = 32
"""The bit in the exit status of nullmailer that marks a failure as permanent."""


async def relayed(site: Site, program: Path, to: str, mail: bytes, folder: Path) -> int:
    """Return the result of a mail in nullmailer's queue.

    The result is the exit status of the program that its queue runner starts for each mail.
    """
    queued = folder / "queued"
    queued.write_bytes(f"ann@example.com\n{to}\n\n".encode() + mail)
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        'exec "$0" "$@" 3< "$QUEUED"',
        str(program),
        "--host=127.0.0.1",
        f"--port={site.smtp_port}",
        "--starttls",
        f"--x509cafile={site.folder / 'certificate.pem'}",
        env={**os.environ, "QUEUED": str(queued), "HELOHOST": "relay.example"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    await process.communicate()
    return process.returncode or 0


async def test_relay_delivers_mail_once_and_gets_permanent_refusals(
    site: Site, e2e_bin: Path, tmp_path: Path
) -> None:
    program, ours = e2e_bin.parent / "lib/nullmailer/smtp", f"in+{site.keys['ingest']}@gw.example"
    mail = (
        b"From: ann@example.com\nMessage-ID: <relay@x>\nSubject: by a relay\n\nThe disk is full.\n"
    )
    assert [await relayed(site, program, ours, mail, tmp_path) for _ in range(2)] == [0, 0]
    assert await relayed(site, program, "in+gwk_0_wrong@gw.example", mail, tmp_path) & PERMANENT
    assert await relayed(site, program, ours, mail + b"x\n" * 40_000, tmp_path) & PERMANENT
    assert [
        one["description"]
        for one in await site.incidents(source="email")
        if one["title"] == "by a relay"
    ] == ["The disk is full."]
