"""What is asked of people who report by a page or an app."""

from datetime import timedelta
from typing import Annotated

import msgspec

from gateway.durations import Duration
from gateway.settings.section import Section
from gateway.vocabulary import Impact

Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Form(Section, frozen=True):
    """The public report form: which services offer it, whose clock and telephones it means, and how much it takes.

    An address may send `per_address` reports at once and one more every `address_every`; so may all addresses together about one
    service, by `per_service` and `service_every`.
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
        """How long until one more of everything that was ever taken may be sent again."""
        return max(self.per_address * self.address_every, self.per_service * self.service_every)
