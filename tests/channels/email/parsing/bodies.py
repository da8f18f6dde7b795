"""Bodies of mail in several charsets."""

from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.parsing.reading import parse_message
from tests.support.mails import of_case


def of(case: str, name: str) -> ParsedMail:
    return parse_message(of_case(case, name))


def names(letter: ParsedMail) -> list[str]:
    return [file.name for file in letter.enclosed]
