"""The linking of a chat account to a person, by a one-time code typed in the chat."""

from gateway.channels.chat.contract import ChatMessage
from gateway.channels.chat.replies import ChatResult, ignored
from gateway.channels.chat.speakers import ChatSpeaker
from gateway.channels.chat.words import say
from gateway.directory import chat_accounts
from gateway.errors import Conflict
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome


async def link_account(
    tx: Transaction, provider: str, talk: ChatMessage, code: str, speaker: ChatSpeaker
) -> ChatResult:
    """Link the chat account to the person who was given the code.

    An account that is linked to somebody stays theirs, and the code stays valid.
    """
    locale = speaker.locale
    if speaker.known:
        return ignored("linked before", "linked_before", locale)
    found = await chat_accounts.take_code(tx.conn, code, tx.now)
    if found is None:
        return ignored("no such code", "bad_code", locale)
    try:
        await chat_accounts.link(tx.conn, found[0], provider, talk.tenant, talk.user, tx.now)
    except Conflict:
        return ignored("linked before", "linked_before", locale)
    return ChatResult(Outcome.IGNORED, "linked", say("linked", locale, login=found[1]))
