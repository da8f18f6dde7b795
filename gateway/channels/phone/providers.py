"""The adapters of telephone systems; the names are those of `settings/phone_flaws.py`. Pure."""

from collections.abc import Mapping

from gateway.channels.phone import asterisk, connect, threecx
from gateway.channels.phone.posted import PhoneAdapter
from gateway.channels.phone.twilio import inbound
from gateway.channels.phone.vonage import inbound as vonage

PROVIDERS: Mapping[str, PhoneAdapter] = {
    one.PROVIDER.slug: one.PROVIDER for one in (inbound, vonage, asterisk, connect, threecx)
}
