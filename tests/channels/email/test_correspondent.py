"""The person to answer, and whether a program wrote a mail, are found from its header."""

import pytest

from gateway.channels.email.correspondent import (
    Correspondent,
    correspondent,
    is_answered,
    likely_author,
)
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.operations.author import Author
from tests.channels.email.sample_mails import said

LEA = Correspondent("lea@customer.example", "Lea Customer")
LIST = {
    "From": "Lea Customer via Support <support@example.org>",
    "List_Id": "Support <support.example.org>",
    "Precedence": "list",
}
FORM = {
    "From": "Web shop <shop@www.example.org>",
    "Reply_To": "Lea Customer <lea@customer.example>",
}


def a_mail(**fields: str) -> ParsedMail:
    return said(b"My parcel did not come.", **fields)


@pytest.mark.parametrize(
    "fields",
    [
        FORM,
        {"From": "noreply@customer.example", "Reply_To": "Lea Customer <lea@customer.example>"},
        {
            "From": "Shop <no-reply+17@www.example.org>",
            "Reply_To": '"Lea Customer" <lea@customer.example>',
        },
        LIST | {"Reply_To": "Lea Customer <lea@customer.example>"},
        LIST | {"Reply_To": "Support <support@example.org>, lea@customer.example"},
        LIST | {"X_Original_From": "Lea Customer <lea@customer.example>"},
        LIST
        | {
            "List_Id": "<other>",
            "List_Post": "<mailto:support@example.org>",
            "X_Original_Sender": "lea@customer.example",
        },
    ],
)
def test_reply_to_is_correspondent_of_form_list_or_noreply_mail(
    fields: dict[str, str],
) -> None:
    letter = a_mail(**fields)
    assert correspondent(letter) == LEA
    assert likely_author(letter, LEA) is Author.PERSON
    assert is_answered(letter, LEA)


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "Ann <ann@example.com>"},
        {"From": "Ann <ann@example.com>", "Reply_To": "ann@example.com"},
        {"From": "Ann <ann@example.com>", "Reply_To": "team@example.com"},
        {
            "From": "Ann <ann@example.com>",
            "Reply_To": "desk@other.example",
            "To": "desk@other.example",
        },
    ],
)
def test_from_is_correspondent_of_personal_mail(
    fields: dict[str, str],
) -> None:
    assert correspondent(a_mail(**fields)) == Correspondent("ann@example.com", "Ann")


def test_known_sender_is_answered_at_from_address() -> None:
    assert correspondent(a_mail(**FORM), known=True) == Correspondent(
        "shop@www.example.org", "Web shop"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Subject": "Out of office message cannot be switched off"}, Author.DOUBTFUL),
        ({"Subject": "自动回复关不掉"}, Author.DOUBTFUL),
        ({"Subject": "failure notice"}, Author.DOUBTFUL),
        ({"Subject": "Respuesta automática: help"}, Author.DOUBTFUL),
        ({"Subject": "Absence du bureau : help"}, Author.DOUBTFUL),
        ({"Subject": "Automatisch antwoord: help"}, Author.DOUBTFUL),
        ({"Subject": "Автоматический ответ: help"}, Author.DOUBTFUL),
        ({"Subject": "부재중: help"}, Author.DOUBTFUL),
        ({"From": "noreply@example.com"}, Author.DOUBTFUL),
        ({"From": "wordpress@example.com"}, Author.DOUBTFUL),
        ({"From": "Mailer-Daemon@example.com"}, Author.DOUBTFUL),
        ({"Auto_Submitted": "auto-generated"}, Author.PROGRAM),
        ({"Precedence": "bulk"}, Author.PROGRAM),
        (LIST, Author.DOUBTFUL),
        ({"List_Id": "<desk.example.org>", "Precedence": "list"}, Author.DOUBTFUL),
        (LIST | {"Precedence": "bulk", "Reply_To": "lea@customer.example"}, Author.PROGRAM),
    ],
)
def test_possible_program_is_not_answered(fields: dict[str, str], expected: Author) -> None:
    letter = a_mail(**fields)
    to = correspondent(letter)
    assert likely_author(letter, to) is expected
    assert not is_answered(letter, to)


AWAY = [
    "This is an automated response. I still do not read mail.",
    "I am currently on annual leave.",
    "Guten Tag, ich bin bis Montag nicht im Büro.",
    "Estoy fuera de la oficina.",
    "本邮件为系统自动回复。",
    "您好，我正在休假中，还是不能处理邮件。",
]


@pytest.mark.parametrize("text", AWAY)
def test_absence_reply_has_doubtful_author(text: str) -> None:
    begun = said(text.encode(), From="ann@example.com", Subject="Re: help")
    answer = said(text.encode(), From="ann@example.com", Subject="Re: help", In_Reply_To="<1@x>")
    assert likely_author(begun, correspondent(begun)) is Author.PERSON
    assert likely_author(answer, correspondent(answer)) is Author.DOUBTFUL


def test_postmaster_address_is_person_but_is_not_answered() -> None:
    letter = a_mail(From="Joe Admin <postmaster@partner.example>")
    assert likely_author(letter, correspondent(letter)) is Author.PERSON
    assert not is_answered(letter, correspondent(letter))
