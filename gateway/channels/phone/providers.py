"""The adapters of telephone systems; the names are those of `settings/phone_flaws.py`. Pure.

Each folder beside this module with a module `inbound` is one; its name is the slug in the address.
"""

from collections.abc import Mapping

from gateway.channels import phone
from gateway.channels.discovery import find_modules
from gateway.channels.phone.posted import PhoneAdapter

PROVIDERS: Mapping[str, PhoneAdapter] = {
    module.PROVIDER.slug: module.PROVIDER for module in find_modules("inbound", phone)
}
"""All adapters by slug, sorted."""
