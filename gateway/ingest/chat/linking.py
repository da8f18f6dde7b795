"""A one-time code, typed where one wants to be known."""

from gateway.errors import Conflict
from gateway.ingest.chat.answered import Answered, ignored
from gateway.ingest.chat.contract import Talk
from gateway.ingest.chat.speaking import Speaker
from gateway.ingest.chat.words import say
from gateway.oncall import chats
from gateway.operations.desk import Session
from gateway.vocabulary import Outcome


async def linked(session: Session, provider: str, talk: Talk, code: str, speaker: Speaker) -> Answered:
    """Whoever has the code is known by this account from now on; an account of somebody's stays theirs, and so does the code."""
    locale = speaker.locale
    if speaker.known:
        return ignored("linked before", "linked_before", locale)
    found = await chats.take_code(session.conn, code, session.now)
    if found is None:
        return ignored("no such code", "bad_code", locale)
    try:
        await chats.link(session.conn, found[0], provider, talk.tenant, talk.user, session.now)
    except Conflict:
        return ignored("linked before", "linked_before", locale)
    return Answered(Outcome.IGNORED, "linked", say("linked", locale, login=found[1]))
