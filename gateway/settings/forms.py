"""Settings of the report form and of reports by apps."""

from datetime import timedelta
from typing import Annotated

import msgspec

from gateway.settings.section import Section
from gateway.timing.durations import Duration
from gateway.vocabulary import Impact

Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Form(Section, frozen=True):
    """The public report form: the services that offer it, its time zone and region, its limits.

    An address may send `per_address` reports at once and one more every `address_every`; all
    addresses together may send about one service, likewise, `per_service` and one more every
    `service_every`.
    """

    services: tuple[str, ...]
    zone: str
    region: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
    contact: str
    acknowledge: bool
    max_bytes: Annotated[int, msgspec.Meta(ge=65_536)]
    max_files: Annotated[int, msgspec.Meta(ge=0, le=100)]
    max_links: Annotated[int, msgspec.Meta(ge=0)]
    at_once: Count
    min_age: Duration
    max_age: Duration
    per_address: Count
    address_every: Duration
    per_service: Count
    service_every: Duration
    impact_at_most: Impact

    @property
    def refilled_within(self) -> timedelta:
        """Return the time after which every allowance has been refilled completely."""
        return max(self.per_address * self.address_every, self.per_service * self.service_every)
