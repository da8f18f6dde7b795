"""Bodies of mail in several charsets."""

from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.parsing.reading import parse_message
from tests.support.mails import read_case_mail


def of(case: str, name: str) -> ParsedMail:
    return parse_message(read_case_mail(case, name))


def names(letter: ParsedMail) -> list[str]:
    return [file.name for file in letter.enclosed]
