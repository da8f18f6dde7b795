"""Authentication results count only from trusted servers and for the domain they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.parsing.authentication import (
    SERVICE,
    AuthenticationCheck,
    AuthenticationResults,
    SenderCheck,
    parse_authentication_results,
    sender_check,
    signed_domains,
)
from gateway.channels.email.posted import MAIL, DeliveredMail, FileLimits, parse_mail
from tests.channels.email.sample_mails import head

MX = "mx.corp.example"
DORA = "dora@corp.example"
PASS, FAILED, UNKNOWN = SenderCheck.AUTHENTICATED, SenderCheck.FAILED, SenderCheck.UNKNOWN


def judged(*values: str, author: str = DORA) -> SenderCheck:
    return sender_check((author,), parse_authentication_results(values), (MX,))


@pytest.mark.parametrize(
    ("stamp", "found"),
    [
        ("mx.corp.example; dmarc=pass (p=REJECT) header.from=corp.example", PASS),
        (("MX.Corp.Example. 1; spf=pass smtp.mailfrom=x.example; "
          "dmarc=pass header.from=CORP.example"), PASS),
        ("mx.corp.example; dkim=pass header.d=corp.example header.s=s1", PASS),
        ("mx.corp.example; dkim=fail header.d=corp.example; dkim=pass header.d=corp.example", PASS),
        ("mx.corp.example; auth=pass (plain) smtp.auth=Dora@corp.example", PASS),
        ("mx.corp.example (a comment (in one)); dmarc = pass header.from = corp.example", PASS),
        ("mx.corp.example; dmarc=fail header.from=corp.example", FAILED),
        ("mx.corp.example; dkim=pass header.d=corp.example; dmarc=fail header.from=corp.example",
         FAILED),
        ("mx.corp.example; dkim=pass header.d=evil.example", UNKNOWN),
        ("mx.corp.example; dkim=pass header.d=ncorp.example", UNKNOWN),
        ("mx.corp.example; dkim=pass header.d=example", UNKNOWN),
        ("mx.corp.example; dmarc=pass header.from=evil.example", UNKNOWN),
        ("mx.corp.example; dmarc=pass", UNKNOWN),
        ("mx.corp.example; auth=pass smtp.auth=eve@corp.example", UNKNOWN),
        ("mx.corp.example; auth=pass smtp.auth=dora", UNKNOWN),
        ("mx.corp.example; spf=pass smtp.mailfrom=dora@corp.example", UNKNOWN),
        ("mx.corp.example; none", UNKNOWN),
        ('mx.corp.example; spf=fail reason="; dmarc=pass header.from=corp.example"', UNKNOWN),
        ("mx.corp.example; spf=fail (dmarc=pass; dmarc=pass header.from=corp.example)", UNKNOWN),
        ("mx.corp.example; spf=fail (\\); dmarc=pass header.from=corp.example)", UNKNOWN),
        ("mx.evil.example; dmarc=pass header.from=corp.example", UNKNOWN),
        ("x mx.corp.example; dmarc=pass header.from=corp.example", UNKNOWN),
        ("; dmarc=pass header.from=corp.example", UNKNOWN),
        ("", UNKNOWN),
    ],
)  # fmt: skip
def test_authentication_result_applies_only_to_named_domain(stamp: str, found: SenderCheck) -> None:
    assert judged(stamp) is found


def test_only_topmost_result_of_trusted_server_counts() -> None:
    true, forged = (
        f"{MX}; dmarc=fail header.from=corp.example",
        f"{MX}; dmarc=pass header.from=corp.example",
    )
    assert judged(true, forged) is FAILED
    assert judged(f"{MX}; spf=none", forged) is UNKNOWN
    assert judged("relay.example; dmarc=pass header.from=corp.example", forged) is PASS


def test_domain_matches_its_punycode_form() -> None:
    stamp = f"{MX}; dmarc=pass header.from=xn--bcher-kva.example"
    assert judged(stamp, author="dora@bücher.example") is PASS
    assert judged(stamp, author="dora@bucher.example") is UNKNOWN
    assert (
        judged(
            f"{MX}; dmarc=pass header.from=" + "a" * 70 + ".example",
            author="dora@" + "a" * 70 + ".example",
        )
        is PASS
    )


def test_several_or_no_authors_are_not_authenticated() -> None:
    found = parse_authentication_results([f"{MX}; dmarc=pass header.from=corp.example"])
    assert sender_check((DORA, "eve@evil.example"), found, (MX,)) is UNKNOWN
    assert sender_check((), found, (MX,)) is UNKNOWN


def test_verdict_of_mail_service_counts() -> None:
    def by_service(*checks: AuthenticationCheck) -> SenderCheck:
        return sender_check((DORA,), [AuthenticationResults(SERVICE, checks)], (), by_service=True)

    assert by_service(AuthenticationCheck("dmarc", "pass", DORA)) is PASS
    assert by_service(AuthenticationCheck("dmarc", "gray", DORA)) is UNKNOWN
    assert by_service(*signed_domains("{@corp.example : pass}")) is PASS
    assert by_service(*signed_domains("{@evil.example : pass, @corp.example : fail}")) is UNKNOWN
    assert (
        sender_check(
            (DORA,),
            [AuthenticationResults(SERVICE, (AuthenticationCheck("dmarc", "pass", DORA),))],
            ("", MX),
        )
        is UNKNOWN
    )


FROM = {
    "one address": ("Dora <DORA@Corp.Example>", (DORA,)),
    "an address as a name": ('"dora@corp.example" <eve@evil.example>', ("eve@evil.example",)),
    "an encoded address as a name": (
        "=?utf-8?q?dora=40corp=2Eexample?= <eve@evil.example>",
        ("eve@evil.example",),
    ),
    "two addresses": (f"{DORA}, eve@evil.example", (DORA, "eve@evil.example")),
    "a group": (f"Desk: {DORA}, eve@evil.example;", (DORA, "eve@evil.example")),
    "another address with a tag": ("dora+x@corp.example", ("dora+x@corp.example",)),
    "letters that look alike": ("dorа@corp.example", ("dorа@corp.example",)),
    "none": ("Dora", ()),
}


@pytest.mark.parametrize("case", FROM)
def test_authors_are_all_addresses_of_from_field(case: str) -> None:
    text, authors = FROM[case]
    letter = parse_mail(DeliveredMail(MAIL, head(From=text) + b"x"), FileLimits())
    assert letter.authors == authors


def test_second_from_field_adds_author() -> None:
    letter = parse_mail(
        DeliveredMail(MAIL, b"From: eve@evil.example\r\n" + head(From=DORA) + b"x"), FileLimits()
    )
    assert letter.authors == ("eve@evil.example", DORA)


def test_reply_to_sender_and_resent_fields_are_not_authors() -> None:
    named = {
        "From": "eve@evil.example",
        "Sender": DORA,
        "Reply_To": DORA,
        "Resent_From": DORA,
        "Return_Path": DORA,
    }
    letter = parse_mail(DeliveredMail(MAIL, head(**named) + b"x", DORA), FileLimits())
    assert letter.authors == ("eve@evil.example",)


@given(st.lists(st.text(alphabet=';=()"\\ \tabmx.corp.example-@', max_size=200), max_size=4))
def test_any_result_text_is_read_without_trust(values: list[str]) -> None:
    assert judged(*values) in (UNKNOWN, FAILED, PASS)
    assert sender_check((DORA,), parse_authentication_results(values), ()) is UNKNOWN


@given(st.text(st.characters(exclude_characters='"\\'), max_size=80))
def test_quoted_text_is_not_a_check(text: str) -> None:
    quoted = f'{MX}; spf=fail reason="{text}; dmarc=pass header.from=corp.example"'
    assert judged(quoted) is UNKNOWN
