"""The accepted spellings of an address to call: a plain name, or a plain IP address. Pure."""

import ipaddress
import re

from yarl import URL

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2048


def find_spelling_objection(text: str, url: URL) -> str | None:
    """Return why a URL is not a plain one, or None."""
    if len(text) > LONGEST_URL or not text.isprintable() or " " in text or "\\" in text:
        return "not a plain URL"
    if url.scheme not in ("http", "https"):
        return "only http and https are called"
    authority = AUTHORITY.match(text)
    if url.user is not None or url.password is not None or authority is None or "@" in authority[0]:
        return "credentials do not belong into a URL"
    return _host_objection(url.host or "", url.raw_host or "")


def _host_objection(host: str, raw: str) -> str | None:
    """Return why a host is no plain name or address, or None; `raw` is the name to look up."""
    if not host:
        return "no host"
    if parse_ip_literal(host) is not None:
        return None
    if NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return "an IPv4 address is written as four numbers, such as 192.0.2.1"
    return (
        None
        if HOST.fullmatch(raw)
        else "the host is no plain name: letters, digits and hyphens between dots"
    )


def find_name_objection(host: str, *, private: bool) -> str | None:
    """Return why a name must not be called whatever it resolves to, or None."""
    name = host.removesuffix(".").lower()
    if name in METADATA:
        return "cloud metadata"
    if private or parse_ip_literal(host) is not None:
        return None
    if "." not in name or name.endswith(INNER_NAMES):
        return "a name of the house: it is called where the settings allow private addresses"
    return None


METADATA = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
INNER_NAMES = (
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".home.arpa",
    ".lan",
    ".intranet",
    ".svc",
)
AUTHORITY = re.compile(r"[^/]*/{0,2}[^/?#]*")
HOST = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.){0,126}[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?"
)
"""A name of labels that are not empty; labels in other scripts appear here in ASCII (IDNA)."""

NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*", re.ASCII)
"""A last label that resolvers read as a number, and therefore the whole host as an address.

For example, 2130706433 is 127.0.0.1.
"""


def parse_ip_literal(host: str) -> IPAddress | None:
    """Return the IP address that a host is, None where it is a name."""
    try:
        return ipaddress.ip_address(host.removesuffix("."))
    except ValueError:
        return None
