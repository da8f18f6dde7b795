"""A one-time code, typed where one wants to be known."""

from gateway.channels.chat.contract import Talk
from gateway.channels.chat.replies import Answered, ignored
from gateway.channels.chat.speakers import Speaker
from gateway.channels.chat.words import say
from gateway.directory import chat_accounts
from gateway.errors import Conflict
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome


async def linked(tx: Transaction, provider: str, talk: Talk, code: str, speaker: Speaker) -> Answered:
    """Whoever has the code is known by this account from now on; an account of somebody's stays theirs, and so does the code."""
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
    return Answered(Outcome.IGNORED, "linked", say("linked", locale, login=found[1]))
