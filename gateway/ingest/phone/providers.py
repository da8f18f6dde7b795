"""The telephone systems that calls come from; the names are those of `settings/phone_flaws.py`. Pure."""

from collections.abc import Mapping

from gateway.ingest.phone import asterisk, connect, threecx, twilio, vonage
from gateway.ingest.phone.posted import Provider

PROVIDERS: Mapping[str, Provider] = {one.PROVIDER.slug: one.PROVIDER for one in (twilio, vonage, asterisk, connect, threecx)}
