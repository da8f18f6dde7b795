"""Quarantined bodies and items, read again after a parser or a mapping was mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.clock import Clock
from gateway.db.pool import Pool, acquire
from gateway.dedup.submission import Receipt, Submission
from gateway.errors import Conflict, Flaw, Malformed, NotFound
from gateway.ingest.http import WHOLE, Submit
from gateway.ingest.mail.filing import SOURCE as MAIL
from gateway.ingest.mail.posted import Posted
from gateway.ingest.mail.room import MailRoom
from gateway.ingest.phone.filing import SOURCE as PHONE
from gateway.ingest.phone.room import PhoneRoom
from gateway.ingest.source import Delivery, Source
from gateway.settings import Intake as SourceSettings

PENDING = "SELECT integration_id, source, item, headers::text AS headers, body, state, received_at FROM quarantine WHERE id = $1"

REPLAYED = "UPDATE quarantine SET state = 'replayed', replayed_receipt_id = $2 WHERE id = $1 AND state = 'pending'"


@dataclass(frozen=True, slots=True)
class Replay:
    """Sends what lies in quarantine through its source again."""

    pool: Pool
    sources: Mapping[str, Source]
    settings: Mapping[str, SourceSettings]
    submit: Submit
    clock: Clock
    mail: MailRoom | None = None
    phone: PhoneRoom | None = None

    async def __call__(self, quarantine_id: int) -> Receipt:
        """Read it again and commit it; the same one twice is counted once.

        Raises NotFound, Conflict when it was replayed or dropped before, and Malformed while it still cannot be read.
        """
        async with acquire(self.pool) as conn:
            row = await conn.fetchrow(PENDING, quarantine_id)
        if row is None:
            raise NotFound(f"there is no {quarantine_id} in quarantine")
        if row["state"] != "pending":
            raise Conflict(f"{quarantine_id} was {row['state']} before")
        if row["source"] == MAIL and self.mail is not None:
            kind = msgspec.json.decode(row["headers"]).get("content-type", "")
            receipt = await self.mail.replay(row["integration_id"], Posted(kind, row["body"]))
        elif row["source"] == PHONE and self.phone is not None:
            headers = msgspec.json.decode(row["headers"], type=dict[str, str])
            receipt = await self.phone.replay(row["integration_id"], headers, row["body"])
        else:
            receipt = await self.submit(self._submission(quarantine_id, dict(row)))
        async with acquire(self.pool) as conn:
            await conn.execute(REPLAYED, quarantine_id, receipt.id)
        return receipt

    def _submission(self, quarantine_id: int, row: Mapping[str, Any]) -> Submission:
        source = self.sources.get(row["source"])
        if source is None:
            raise Conflict(f"the source {row['source']!r} no longer exists")
        body = row["body"] if row["item"] == WHOLE else source.wrap(row["body"])
        delivery = Delivery({}, body, self.clock.stamp() or self.clock.now(), {})
        parsed = source.read(delivery, self.settings.get(source.slug, SourceSettings()))
        if parsed.refused:
            flaws = tuple(Flaw(refused.pointer, refused.problem) for refused in parsed.refused)
            raise Malformed("it still cannot be understood", flaws=flaws)
        return Submission(
            row["integration_id"], source.slug, body, {}, parsed.alerts, ignored=parsed.ignored, lost=parsed.lost,
            delivery_id=f"quarantine:{quarantine_id}", flag="replay",
        )  # fmt: skip
