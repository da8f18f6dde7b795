"""Rate limits of the report form."""

from dataclasses import dataclass
from datetime import datetime

from gateway.access.attempts import network
from gateway.db.buckets import SharedBucket, take_token
from gateway.db.pool import Pool, transaction
from gateway.settings import Form

TRIES = 10
"""Form posts allowed from an address for each accepted report: most people need two."""


@dataclass(frozen=True, slots=True)
class FormRateLimits:
    """The rate limits of the report form."""

    pool: Pool
    form: Form

    async def tried(self, address: str, stamp: datetime | None) -> None:
        """Count a form posted from the address, whatever is in it; raises TooManyAttempts."""
        form = self.form
        await self._take(
            stamp,
            SharedBucket(
                f"tries\0{network(address)}", form.per_address * TRIES, form.address_every / TRIES
            ),
        )

    async def reported(self, address: str, service: str, stamp: datetime | None) -> None:
        """Count a report of the address and the service, or neither; raises TooManyAttempts."""
        form = self.form
        first = SharedBucket(f"address\0{network(address)}", form.per_address, form.address_every)
        await self._take(
            stamp, first, SharedBucket(f"service\0{service}", form.per_service, form.service_every)
        )

    async def _take(self, stamp: datetime | None, *buckets: SharedBucket) -> None:
        async with transaction(self.pool) as conn:
            for bucket in buckets:
                await take_token(conn, bucket, stamp)
