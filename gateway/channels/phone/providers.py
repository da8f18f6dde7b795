"""The adapters of telephone systems; the names are those of `settings/phone_flaws.py`. Pure.

Each package beside this module is one; its name is the slug in the address.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from gateway.channels import phone
from gateway.channels.phone.posted import PhoneAdapter

PROVIDERS: Mapping[str, PhoneAdapter] = {
    folder.name: import_module(f"{phone.__name__}.{folder.name}.inbound").PROVIDER
    for folder in sorted(iter_modules(phone.__path__), key=lambda found: found.name)
    if folder.ispkg
}
"""All adapters by slug, sorted."""
