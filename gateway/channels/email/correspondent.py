"""The correspondent of a mail: the one rule for who is answered and who may answer. Pure."""

import re
from dataclasses import dataclass

from gateway.channels.email.parsing.letter import ParsedMail, WriterKind
from gateway.channels.email.parsing.nature import POSTMASTER, is_robot, says_away, seems_automatic
from gateway.operations.author import Author

VIA = re.compile(r"['\"]?(.{1,200}?)['\"]? (?:via|über|通过|经由) .{1,200}")
"""The display name under which a mailing list sends for somebody."""


@dataclass(frozen=True, slots=True)
class Correspondent:
    """The address and name that are answered; the address is the contact of the record."""

    address: str
    name: str


def correspondent(letter: ParsedMail, *, known: bool = False) -> Correspondent:
    """Return who is answered: From, or Reply-To where From is not the address of a person.

    From is no person's where it is a mailing list, an address nobody reads, or of another domain
    than Reply-To, as that of a contact form is; it is one if `known` in the directory. Addresses
    that the mail was sent to are the gateway's own and never answered.
    """
    own = {letter.sender, *letter.people, *letter.recipients}
    others = [one for one in (*letter.reply_to, letter.author) if one and one not in own]
    if known or not others or not _stands_for_another(letter, others[0]):
        return Correspondent(letter.sender, letter.sender_name)
    name = letter.reply_to_name if others[0] in letter.reply_to[:1] else ""
    via = VIA.fullmatch(letter.sender_name) if letter.by_list and not name else None
    return Correspondent(others[0], via[1] if via else name)


def _stands_for_another(letter: ParsedMail, other: str) -> bool:
    return (
        letter.by_list
        or is_robot(letter.sender)
        or letter.sender.rpartition("@")[2] != other.rpartition("@")[2]
    )


def likely_author(letter: ParsedMail, to: Correspondent) -> Author:
    """Return the likelihood that the correspondent wrote the mail themselves."""
    through_list = (
        letter.nature is WriterKind.LIST and letter.by_list and to.address != letter.sender
    )
    if letter.nature not in (WriterKind.PERSON, WriterKind.LIST):
        return Author.PROGRAM
    if letter.nature is WriterKind.LIST and not through_list:
        return Author.DOUBTFUL
    by_itself = seems_automatic(letter.subject) or (bool(letter.thread) and says_away(letter.text))
    return Author.DOUBTFUL if by_itself or is_robot(to.address) else Author.PERSON


def is_answered(letter: ParsedMail, to: Correspondent) -> bool:
    """Return whether an automatic answer may be sent.

    Never to a mail that seems to be written by a program, even where that is a guess.
    """
    return likely_author(letter, to) is Author.PERSON and not to.address.startswith(POSTMASTER)
