"""Random hostile mails: valid ones of every kind, altered anywhere, and nested or huge ones."""

import base64
import quopri
import random
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

TEXTS = (
    "磁盘满了，请尽快处理。",
    "ディスクがいっぱいです",
    "The disk is full.\n\n> quoted\n\nOn Mon, Ann wrote:\n> x",
    "é à ü ß",
    "",
    "диск полон",
)
CHARSETS = (
    "utf-8",
    "gbk",
    "gb18030",
    "iso-2022-jp",
    "big5",
    "latin-1",
    "utf-16",
    "utf-7",
    "koi8-r",
    "shift_jis",
    "hz",
)
DECLARED = (
    *CHARSETS,
    "",
    "us-ascii",
    "punycode",
    "idna",
    "x-nothing",
    "unicode_escape",
    "hex",
    "utf-8\0",
    "'gbk'",
    "a" * 500,
)
ENCODINGS = ("", "base64", "quoted-printable", "8bit", "x-uuencode", "binary", "BASE64 ", "bogus")
KINDS = (
    "text/plain",
    "text/html",
    "application/octet-stream",
    "message/rfc822",
    "text/calendar",
    "multipart/mixed",
    "nonsense",
    "",
)
ODD = (
    b"\0", b"\xff\xfe", b"\r", b"\n\n", b"--b1\r\n", b"--b1--", b"=?", b"?=", b"=?gbk?B?", b'"',
    b"<", b">", b";", b"\x1b$B", b":", b"\xed\xa0\x80", b"\r\n.\r\n", b"=\r\n", b"%", b"'", b"*0*=",
    b"\xe2\x80\xae", b"(" * 50, b"\\", b"\r\n ",
)  # fmt: skip


DATES = (
    "Mon, 2 Mar 2026 12:00:00 +0800",
    "yesterday",
    "",
    "99 Foo 99999 99:99:99 +9999",
    "1 Jan 0000 00:00:00",
)
LONG = "a" * 400
QUOTE, QUOTED = '"', '"b1"'


def mails(count: int, chance: random.Random) -> Iterator[bytes]:
    """Yield `count` mails, each with its own Message-ID, which an alteration may have destroyed."""
    makers: tuple[Callable[[random.Random], bytes], ...] = (
        _sound,
        _raw,
        _raw,
        _nested,
        _nested,
        _bomb,
    )
    for number in range(count):
        mail = b"Message-ID: <%d.%d@torture.example>\r\n" % (
            number,
            chance.randrange(10**9),
        ) + chance.choice(makers)(chance)
        yield _twisted(mail, chance) if chance.random() < 0.6 else mail


def _sound(chance: random.Random) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = "Ann <ann@example.com>", chance.choice(TEXTS).partition("\n")[0]
    mail.set_content(chance.choice(TEXTS))
    if chance.random() < 0.5:
        mail.add_alternative(f"<p>{chance.choice(TEXTS)}</p>", subtype="html")
    for _ in range(chance.randrange(3)):
        mail.add_attachment(
            chance.randbytes(chance.randrange(50_000)),
            maintype="image",
            subtype="png",
            filename="图.png",
        )
    return mail.as_bytes()


def _head(chance: random.Random, kind: str) -> bytes:
    charset = chance.choice(DECLARED)
    word = f"=?{chance.choice(DECLARED)}?{chance.choice('BbQqX')}?"
    word += f"{chance.choice(('5Lit', '=E4=B8', '', '%%%', 'a b'))}?="
    senders = (
        "a@b.example",
        word + " <c@d.example>",
        "",
        "<>",
        "x" * 300,
        QUOTE + word,
        "a@b, c@d",
    )
    fields = [
        f"From: {chance.choice(senders)}",
        f"Subject: {word * chance.randrange(4)}",
        f"Date: {chance.choice(DATES)}",
        (
            f"Content-Type: {kind}; charset={charset}; "
            f"boundary={chance.choice(('b1', '', 'b 2', QUOTED))}; name*0*={word}"
        ),
        f"Content-Transfer-Encoding: {chance.choice(ENCODINGS)}",
        (
            f"Content-Disposition: {chance.choice(('attachment', 'x'))}; "
            f"filename={chance.choice((word, LONG, '../x', QUOTE))}"
        ),
        f"References: {'<a@b> ' * chance.randrange(100)}",
        f"Reply-To: {chance.choice(('', 'r@x.example', word))}",
    ]
    chosen = chance.sample(fields, chance.randrange(1, len(fields) + 1))
    return "\r\n".join(chosen).encode("utf-8", "replace") + b"\r\n\r\n"


def _body(chance: random.Random) -> bytes:
    text = chance.choice(TEXTS).encode(chance.choice(CHARSETS), "replace")
    return chance.choice(
        (
            text,
            base64.encodebytes(text),
            quopri.encodestring(text),
            chance.randbytes(chance.randrange(3_000)),
        )
    )


def _raw(chance: random.Random) -> bytes:
    return _head(chance, chance.choice(KINDS)) + _body(chance)


def _nested(chance: random.Random, depth: int = 0) -> bytes:
    if depth > 4 or chance.random() < 0.3:
        return _raw(chance)
    kind = chance.choice(("mixed", "alternative", "related", "report", "signed", "digest"))
    inside = b"".join(
        b"--b1\r\n" + _nested(chance, depth + 1) + b"\r\n" for _ in range(chance.randrange(4))
    )
    return _head(chance, f"multipart/{kind}") + inside + chance.choice((b"--b1--\r\n", b""))


def _bomb(chance: random.Random) -> bytes:
    kind = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n"
    return chance.choice(
        (
            lambda: kind + b"--b1\r\n\r\na\r\n" * 10_000,
            lambda: b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
                for n in range(500)
            ),
            lambda: (
                b"From: a@b.example\r\nSubject: " + b"\r\n =?utf-8?b?4pyT?=" * 5_000 + b"\r\n\r\nx"
            ),
            lambda: (
                b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
                + b"<table><tr><td>\r\n" * 20_000
            ),
            lambda: (
                b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
                + b"<p>words &amp; more</p>\r\n" * 20_000
            ),
            lambda: (
                b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + b"QUJDREVG" * 8
                + b"\r\nQUJDREVG" * 100_000
            ),
            lambda: b"From: a@b.example\r\n" + b"X-Y: z\r\n" * 20_000 + b"\r\nx",
            lambda: (
                b"From: a@b.example\r\n\r\n"
                + b"> " * 2_000
                + b"\r\n"
                + "在1".encode() * 5_000
                + b"\r\nx" * 50_000
            ),
        )
    )()


def _twisted(mail: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(mail) + 1)
        how = chance.randrange(4)
        if how == 0:
            mail = mail[:at] + chance.choice(ODD) + mail[at:]
        elif how == 1:
            mail = mail[:at] + mail[at + chance.randrange(1, 60) :]
        elif how == 2:
            mail = mail[: max(at, 40)]
        else:
            mail = mail[:at] + chance.randbytes(chance.randrange(1, 9)) + mail[at:]
    return mail
