"""The person who writes or presses in a chat.

It is a person of the directory whose account is linked, or somebody unknown, who may report.
"""

from dataclasses import dataclass

from gateway.access.principal import Principal
from gateway.channels.chat.contract import ButtonPress, ChatMessage, ChatSettings
from gateway.channels.speakers import directory_principal, unknown_reporter
from gateway.directory import chat_accounts
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.language import detect_language
from gateway.ingest.reading.limits import KEY, cut
from gateway.operations.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class ChatSpeaker:
    """A person who writes or presses; `known` if the directory has them."""

    who: Principal
    name: str
    locale: Locale
    known: bool


async def find_speaker(
    tx: Transaction, provider: str, heard: ChatMessage | ButtonPress, chat: ChatSettings
) -> ChatSpeaker:
    """Return the person who wrote or pressed."""
    row = await chat_accounts.find_account_owner(tx.conn, provider, heard.tenant, heard.user)
    address = address_of(provider, heard.tenant, heard.user)
    if row is None:
        return ChatSpeaker(
            unknown_reporter(address, provider),
            cut(heard.user_name, KEY),
            _locale(heard, chat),
            known=False,
        )
    who = directory_principal(dict(row), row["email"] or row["login"])
    locale = next((one for one in LOCALES if one == row["locale"]), chat.locale)
    return ChatSpeaker(who, row["name"], locale, known=True)


def address_of(provider: str, tenant: str, user: str) -> str:
    """Return the address that identifies an unknown writer, in lower case like all identities."""
    return cut(f"{provider}:{tenant}/{user}".lower(), KEY)


def _locale(heard: ChatMessage | ButtonPress, chat: ChatSettings) -> Locale:
    said = heard.text if isinstance(heard, ChatMessage) else heard.note
    return (
        detect_language(said[:2_000])
        if any(letter > "\u2e7f" for letter in said[:2_000])
        else chat.locale
    )
