"""Authentication of a mail's sender by Authentication-Results headers (RFC 8601). Pure.

Anybody can write such a header, here called a stamp. One counts only where it names a server of
the settings and the mail came by a channel that only this server delivers to, and of those the
topmost alone: servers write above what they received.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_STAMPS, MOST_CHECKS = 20, 50
"""The maximum numbers of stamps of one mail and of checks of one stamp that are read."""

SERVICE = ""
"""The server name of a stamp that the mail service made beside the mail itself."""

_CHECK = re.compile(r"([a-z0-9-]{1,40})(?:/[0-9]{1,5})?=([a-z]{1,20})")
_PROPERTY = re.compile(r"([a-z]{1,20})\.([a-z0-9_-]{1,40})=(\S{1,320})")
_AROUND_EQUALS = re.compile(r"[ \t]{0,20}=[ \t]{0,20}")

VOUCHING = {"dkim": "header.d", "dmarc": "header.from", "auth": "smtp.auth"}
"""The property of a check that names the domain or the address that it authenticates."""


class SenderCheck(StrEnum):
    """The result of authenticating the address in From."""

    AUTHENTICATED = "authenticated"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuthenticationCheck:
    """One check: its method, its result, and the domain or address it authenticates."""

    method: str
    result: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """The checks of one server."""

    server: str
    checks: tuple[AuthenticationCheck, ...]


def parse_authentication_results(values: Iterable[str]) -> tuple[AuthenticationResults, ...]:
    """Return the stamps in fields named Authentication-Results, the topmost first."""
    return tuple(
        stamp
        for value, _ in zip(values, range(MOST_STAMPS), strict=False)
        if (stamp := _stamp(value)).server
    )


def signed_domains(text: str) -> tuple[AuthenticationCheck, ...]:
    """Return SendGrid's verdicts on signatures, which it writes as {@example.com : pass}."""
    found = re.findall(r"@([a-z0-9.-]{1,255})\s{0,5}:\s{0,5}([a-z]{1,20})", text.lower())
    return tuple(
        AuthenticationCheck("dkim", result, domain) for domain, result in found[:MOST_CHECKS]
    )


def sender_check(
    authors: Collection[str],
    found: Iterable[AuthenticationResults],
    servers: Collection[str],
    *,
    by_service: bool = False,
) -> SenderCheck:
    """Return whether the one author of a mail is authenticated.

    `authors` are all addresses of all its From fields: with more than one it is unknown which
    one a check is about. `servers` are the names of the trusted ones, `by_service` says that the
    service is trusted.
    """
    if len(authors) != 1:
        return SenderCheck.UNKNOWN
    (author,) = authors
    checks = list(_believed(found, {_folded(one) for one in servers}, by_service=by_service))
    if any(one.method == "dmarc" and one.result == "fail" for one in checks):
        return SenderCheck.FAILED
    passed = any(one.result == "pass" and _vouches(one, author) for one in checks)
    return SenderCheck.AUTHENTICATED if passed else SenderCheck.UNKNOWN


def _believed(
    found: Iterable[AuthenticationResults], servers: Collection[str], *, by_service: bool
) -> Iterator[AuthenticationCheck]:
    """Yield the checks of the service, and those of the topmost stamp by one of the servers."""
    topmost = True
    for stamp in found:
        if stamp.server == SERVICE:
            yield from stamp.checks if by_service else ()
        elif topmost and _folded(stamp.server) in servers:
            topmost = False
            yield from stamp.checks


def _vouches(check: AuthenticationCheck, author: str) -> bool:
    """Return whether a check is about the author: the domain of the signature is exactly theirs."""
    domain = _folded(author.rpartition("@")[2])
    if check.method == "auth":
        name, _, of = check.subject.lower().rpartition("@")
        return bool(name) and (name, _folded(of)) == (author.rpartition("@")[0], domain)
    return (
        check.method in VOUCHING
        and bool(domain)
        and _folded(check.subject.rpartition("@")[2]) == domain
    )


def _folded(domain: str) -> str:
    """Return a domain in the spelling in which two of them are compared."""
    try:
        return domain.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.strip().rstrip(".").lower()


def _stamp(value: str) -> AuthenticationResults:
    server, *rest = _plain(value)
    named = server.split()
    checks = (check for part in rest[:MOST_CHECKS] if (check := _check(part)) is not None)
    return AuthenticationResults(named[0].lower() if named else "", tuple(checks))


def _check(part: str) -> AuthenticationCheck | None:
    words = _AROUND_EQUALS.sub("=", part.lower()).split()
    found = _CHECK.fullmatch(words[0]) if words else None
    if found is None:
        return None
    wanted = VOUCHING.get(found[1], "")
    said = (
        f"{one[1]}.{one[2]}" == wanted and one[3]
        for word in words[1:]
        if (one := _PROPERTY.fullmatch(word))
    )
    return AuthenticationCheck(
        found[1], found[2], next((subject for subject in said if subject), "")
    )


def _plain(value: str) -> list[str]:
    """Return the parts between semicolons, without comments; quoted semicolons divide nothing."""
    parts: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    for letter in value:
        if escaped:
            escaped, shown = False, "_"
        elif letter == "\\" and (quoted or depth):
            escaped, shown = True, ""
        elif letter == '"' and not depth:
            quoted, shown = not quoted, ""
        elif quoted:
            shown = "_" if letter in " \t;=()" else letter
        elif letter in "()":
            depth, shown = max(0, depth + (1 if letter == "(" else -1)), " "
        elif letter == ";" and not depth:
            parts.append([])
            continue
        else:
            shown = "" if depth else letter
        if not depth or letter in "()":
            parts[-1].append(shown)
    return ["".join(part) for part in parts]
