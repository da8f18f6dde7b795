"""Flaws of the settings of mail. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from gateway.errors import Flaw
from gateway.network.addresses import find_invalid_networks
from gateway.settings.intake import Mail, MailAuthentication, MailRule
from gateway.settings.mailboxes import Imap
from gateway.settings.stores import S3

FIELDS = ("key", "title", "service", "severity", "ci")
"""The fields that a rule fills from its patterns."""

GAP = re.compile(r"\*|\{([a-z_]{1,40})\}")
MAILBOX = re.compile(r"[a-z0-9_-]{1,40}")
SERVER = re.compile(r"[^\s;()\"]{1,255}")
SHORTEST_POLL, LONGEST_POLL = timedelta(seconds=1), timedelta(minutes=5)

NAMED = re.compile(r"\{([a-z_]{1,40})\}")


def flaws(mail: Mail) -> Iterator[Flaw]:
    """Yield flaws of mail rules, mailboxes, the listener, the bucket and authentication.

    A rule must not match every mail, have adjacent gaps in a pattern, or use a name that no
    pattern finds.
    """
    for place, rule in enumerate(mail.rules):
        for where, detail in _of_rule(rule):
            yield Flaw(f"/mail/rules/{place}{where}", detail)
    if mail.reply_to and "@" not in mail.reply_to:
        yield Flaw("/mail/reply_to", "an address has an @")
    for name in ("max_bytes", "at_once"):
        if getattr(mail, name) < 1:
            yield Flaw(f"/mail/{name}", "at least 1")
    for name, own in mail.imap.items():
        for where, detail in _of_mailbox(name, own):
            yield Flaw(f"/mail/imap/{name}{where}", detail)
    yield from _of_bucket(mail.ses.s3)
    for where, detail in _of_authentication(mail.authentication):
        yield Flaw(f"/mail/authentication{where}", detail)
    if mail.listener.starttls and not mail.listener.certificate:
        yield Flaw("/mail/listener/certificate", "STARTTLS needs a certificate")


def _of_rule(rule: MailRule) -> Iterator[tuple[str, str]]:
    patterns = (*rule.subjects, *rule.cleared, *rule.lines)
    if not (rule.subjects or rule.cleared or rule.senders):
        yield "", "give senders, subjects or cleared: without them every mail would agree"
    for pattern in (*patterns, *rule.senders):
        if re.search(r"[*}][*{]", pattern):
            yield "", f"{pattern!r}: nothing tells where one gap ends and the next begins"
    known = {name for pattern in patterns for name in NAMED.findall(pattern)}
    for field in FIELDS:
        template = getattr(rule, field)
        for name in NAMED.findall(template):
            if template != f"{{{field}}}" and name not in known:
                yield f"/{field}", f"no pattern of the rule finds {{{name}}}"


def _of_mailbox(name: str, own: Imap) -> Iterator[tuple[str, str]]:
    if not MAILBOX.fullmatch(name):
        yield "", "a name has 1 to 40 small letters, digits, - and _"
    if not (own.password or own.password_file):
        yield "/password_file", "name the file that the password is in"
    if not SHORTEST_POLL <= own.poll <= LONGEST_POLL:
        yield "/poll", "a mailbox is asked every 1s to 5m"
    yield from _of_servers(own.servers)
    if own.after == "move" and own.move_to in ("", own.folder):
        yield "/move_to", "name another folder that mails are moved to"


def _of_authentication(own: MailAuthentication) -> Iterator[tuple[str, str]]:
    for place, detail in find_invalid_networks(own.relays):
        yield f"/relays/{place}", detail
    yield from _of_servers(own.servers)


def _of_servers(servers: Iterable[str]) -> Iterator[tuple[str, str]]:
    for place, server in enumerate(servers):
        if not SERVER.fullmatch(server):
            yield f"/servers/{place}", "the name of a server, such as mx.example.com"


def _of_bucket(own: S3) -> Iterator[Flaw]:
    if not own.endpoint:
        return
    if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", own.endpoint):
        yield Flaw("/mail/ses/s3/endpoint", "an address such as https://s3.eu-west-1.amazonaws.com")
    for name in ("region", "bucket", "access_key", "secret_key"):
        if not getattr(own, name):
            yield Flaw(f"/mail/ses/s3/{name}", "is needed to fetch mails from there")
