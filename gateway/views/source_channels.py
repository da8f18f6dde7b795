"""The channel of a record as it is shown, decided by its source: in Python and in SQL. Pure."""

from gateway.settings.notify import CHAT_SOURCES
from gateway.vocabulary import Channel


def channel_of(source: str, dedup_key: str | None) -> Channel:
    """Return the channel of a source.

    It is the channel of a chat, or the channel named like the source, else monitoring for alerts
    and app for other systems.
    """
    if source in CHAT_SOURCES:
        return CHAT_SOURCES[source]
    if source in set(Channel):
        return Channel(source)
    return Channel.APP if dedup_key is None else Channel.MONITORING


NAMED = ", ".join(f"'{one}'" for one in Channel)
CHANNEL_OF = (
    "CASE "
    + " ".join(f"WHEN source = '{source}' THEN '{one}'" for source, one in CHAT_SOURCES.items())
    + f" WHEN source IN ({NAMED}) THEN source"
    + " WHEN dedup_key IS NULL THEN 'app' ELSE 'monitoring' END"
)
"""The same as an expression of SQL about a row of `incident`."""
