"""The person who writes or presses in a chat.

It is a person of the directory whose account is linked, or somebody unknown, who may report.
"""

from dataclasses import dataclass

from gateway.access.principal import Principal
from gateway.channels.chat.contract import ChatSettings, Press, Talk
from gateway.channels.speakers import somebody, stranger
from gateway.directory import chat_accounts
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.language import language
from gateway.ingest.reading.limits import KEY, cut
from gateway.operations.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person who writes or presses; `known` if the directory has them."""

    who: Principal
    name: str
    locale: Locale
    known: bool


async def speaker(tx: Transaction, provider: str, heard: Talk | Press, chat: ChatSettings) -> Speaker:
    """Return the person who wrote or pressed."""
    row = await chat_accounts.speaker(tx.conn, provider, heard.tenant, heard.user)
    address = address_of(provider, heard.tenant, heard.user)
    if row is None:
        return Speaker(stranger(address, provider), cut(heard.user_name, KEY), _locale(heard, chat), known=False)
    who = somebody(dict(row), row["email"] or row["login"])
    locale = next((one for one in LOCALES if one == row["locale"]), chat.locale)
    return Speaker(who, row["name"], locale, known=True)


def address_of(provider: str, tenant: str, user: str) -> str:
    """Return the address that identifies an unknown writer, in lower case like all identities."""
    return cut(f"{provider}:{tenant}/{user}".lower(), KEY)


def _locale(heard: Talk | Press, chat: ChatSettings) -> Locale:
    said = heard.text if isinstance(heard, Talk) else heard.note
    return language(said[:2_000]) if any(letter > "\u2e7f" for letter in said[:2_000]) else chat.locale
