#!/usr/bin/env python3
"""Tells the incident gateway of a notification of Nagios or Icinga 2. Needs nothing but Python 3.6.

usage: notify_incident_gateway.py --url https://gateway.example --source nagios --key-file FILE
       NAME=VALUE...

Names: type host service business_service state output long_output address groups author comment
url time.

Every notification is first written to a spool and sent from there, in the order in which they
were started, until the gateway has taken it. What cannot be sent within --within seconds is kept:
a process in the background goes on, and so does the next notification.
Exit status: 0 committed, 1 kept for later, 2 refused.
"""

import argparse
import errno
import fcntl
import hashlib
import http.client
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

NAMES = (
    "type", "host", "service", "business_service", "state", "output", "long_output", "address",
    "groups", "author", "comment", "url", "time",
)  # fmt: skip
UNSET = "$"
"""How a macro begins that was left as it is written."""

REPLACEMENT = "\ufffd"
"""What stands for bytes that cannot be read."""

COMMITTED, KEPT, REFUSED = 0, 1, 2
WITHIN = {"nagios": 25.0, "icinga": 55.0}
"""Seconds after which a command ends: Nagios kills it after 30, Icinga 2 after 60, by default."""

LONGEST_PAUSE = 5.0
GOES_ON = 7 * 86400.0
"""Seconds for which the process in the background goes on."""

NEVER = (400, 413, 415, 422)
"""Answers that stay the same however often this is sent.

Others end when somebody mends the gateway or the key.
"""

SETTLE = 0.2
"""Seconds in which notifications started together come to stand in the spool, in any order."""

MOST = 20000
"""Notifications that a spool holds at most."""


def main(argv):
    """The exit status."""
    asked = parsed(argv)
    told = body(asked.told)
    spool = Spool(asked)
    name = spool.add(told)
    until = time.monotonic() + asked.within
    time.sleep(min(SETTLE, asked.within))
    while True:
        if spool.lock():
            try:
                reached = spool.drain(until, asked.pause)
            finally:
                spool.unlock()
        else:
            reached = True
            time.sleep(0.05)
        status = spool.status(name)
        if status != KEPT:
            return status
        if not reached or time.monotonic() >= until:
            break
    if spool.blocked is None:
        in_background(spool, asked.pause)
        print("kept in", spool.folder, "to be sent later", file=sys.stderr)
        return KEPT
    print("kept in", spool.folder, "until this is mended:", spool.blocked, file=sys.stderr)
    return REFUSED


def parsed(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description="tell the incident gateway of a notification")
    parser.add_argument("--url", required=True)
    parser.add_argument(
        "--key-file",
        required=True,
        help="a file that holds the ingest key; a command line can be read by all",
    )
    parser.add_argument("--source", choices=sorted(WITHIN), default="nagios")
    parser.add_argument(
        "--within",
        type=float,
        help="seconds; what starts this kills it after 30 (Nagios) or 60 (Icinga)",
    )
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        help="seconds before the second attempt, doubled each time up to 5",
    )
    parser.add_argument(
        "--spool",
        default=os.path.join("~", ".incident-gateway"),
        help="a folder that this may write to",
    )
    parser.add_argument("told", nargs="+", metavar="NAME=VALUE")
    asked = parser.parse_args(argv)
    if asked.within is None:
        asked.within = WITHIN[asked.source]
    return asked


def body(told):
    """What is posted: only what says something."""
    pairs = [pair.partition("=") for pair in told]
    unknown = sorted({name for name, _, _ in pairs} - set(NAMES))
    if unknown:
        raise SystemExit("unknown: " + ", ".join(unknown))
    texts = {name: readable(value).replace("\0", "") for name, _, value in pairs}
    return {
        name: text
        for name, text in texts.items()
        if text and not (text.startswith(UNSET) and text.endswith(UNSET))
    }


def readable(value):
    """Return an argument as text.

    Bytes that are no UTF-8 are read as the gateway reads them, so that no two names become one.
    """
    if value == value.encode("utf-8", "replace").decode("utf-8"):
        return value
    sent = os.fsencode(value)
    text = sent.decode("utf-8", "replace")
    broken = text.count(REPLACEMENT)
    if sum(one > "\x7f" for one in text) - broken >= broken:
        return text
    for charset in ("gb2312", "cp1252"):
        try:
            return sent.decode(charset)
        except UnicodeDecodeError:
            continue
    return sent.decode("latin-1")


def order(told):
    """Return a name that sorts as notifications were started.

    It has the sender's second, this process' start, its number.
    """
    second = told.get("time", "")
    second = int(second) if second.isdigit() and len(second) < 12 else int(time.time())
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        ticks = int(time.time() * 100)
    return "%012d-%015d-%010d-%s" % (second, ticks, os.getpid(), uuid.uuid4())


def folder(wanted):
    """Return the folder that was asked for or, where it cannot be written, a temporary one.

    The temporary one is this user's own.
    """
    for path in (
        os.path.expanduser(wanted),
        os.path.join(tempfile.gettempdir(), "incident-gateway-%d" % os.geteuid()),
    ):
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
            if (
                os.stat(path).st_uid == os.geteuid()
                and not os.path.islink(path)
                and os.access(path, os.W_OK | os.X_OK)
            ):
                return path
        except OSError as error:
            print(error, file=sys.stderr)
    raise SystemExit("no folder to keep notifications in: say one with --spool")


class Spool:
    """A folder of notifications that are not committed yet, for one gateway and one key.

    One process at a time sends from it.
    """

    def __init__(self, asked):
        self.url = asked.url.rstrip("/") + "/ingest/" + asked.source
        self.key_file = asked.key_file
        target = hashlib.sha256(
            "\n".join((self.url, os.path.abspath(asked.key_file))).encode()
        ).hexdigest()[:16]
        self.folder = os.path.join(folder(asked.spool), target)
        self.refused = os.path.join(self.folder, "refused")
        self.blocked = None
        self.held = None
        os.makedirs(self.refused, mode=0o700, exist_ok=True)

    def add(self, told):
        """Write a notification down, so that it is there whole or not at all; return its name."""
        if len(os.listdir(self.folder)) > MOST:
            raise SystemExit("the spool is full: " + self.folder)
        name = order(told) + ".json"
        partly = os.path.join(self.folder, "." + name)
        with open(partly, "w") as file:
            # The same id for every attempt.
            json.dump({"id": str(uuid.uuid4()), "body": told}, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(partly, os.path.join(self.folder, name))
        return name

    def lock(self):
        """Whether this process may send now."""
        self.held = open(os.path.join(self.folder, ".lock"), "w")  # noqa: SIM115 - held until `unlock`
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.held.close()
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            return False
        return True

    def unlock(self):
        """Another process may send."""
        self.held.close()

    def status(self, name):
        """What became of a notification."""
        if os.path.exists(os.path.join(self.folder, name)):
            return KEPT
        return REFUSED if os.path.exists(os.path.join(self.refused, name)) else COMMITTED

    def waiting(self):
        """The notifications that are not committed, in order."""
        return sorted(
            name
            for name in os.listdir(self.folder)
            if name.endswith(".json") and not name.startswith(".")
        )

    def drain(self, until, pause):
        """Send until nothing waits; False where time ran out or somebody has to mend something."""
        first = pause
        while True:
            waiting = self.waiting()
            if not waiting:
                return True
            answer = self.send(waiting[0], until)
            if answer == COMMITTED:
                os.remove(os.path.join(self.folder, waiting[0]))
                pause = first
                continue
            if answer == REFUSED:
                os.rename(
                    os.path.join(self.folder, waiting[0]), os.path.join(self.refused, waiting[0])
                )
                continue
            if self.blocked is not None or time.monotonic() + pause >= until:
                return False
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def send(self, name, until):
        """Post one notification once."""
        try:
            request = self.request(name)
            with urllib.request.urlopen(
                request, timeout=max(min(10.0, until - time.monotonic()), 0.1)
            ) as answer:
                print(answer.read(2000).decode("utf-8", "replace"))
                return COMMITTED
        except urllib.error.HTTPError as error:
            said = "HTTP %d %s" % (error.code, error.read(2000).decode("utf-8", "replace"))
            print(said, file=sys.stderr)
            if error.code in NEVER:
                return REFUSED
            if error.code < 500 and error.code not in (408, 425, 429):
                self.blocked = said
        except ValueError as error:  # an address that is none
            self.blocked = str(error)
        except (OSError, http.client.HTTPException) as error:
            # A lost connection, a timeout, half an answer.
            print(error, file=sys.stderr)
        return KEPT

    def request(self, name):
        """The request that posts a notification."""
        with open(os.path.join(self.folder, name)) as file:
            kept = json.load(file)
        with open(self.key_file, encoding="utf-8") as file:
            key = file.read().strip()
        return urllib.request.Request(
            self.url,
            data=json.dumps(kept["body"]).encode("utf-8"),
            headers={
                "Content-Type": "application/json",
                "Authorization": "Bearer " + key,
                "Idempotency-Key": kept["id"],
                "User-Agent": "incident-gateway-notify/2",
            },
            method="POST",
        )


def in_background(spool, pause):
    """Go on sending in a process that nothing waits for; only one does at a time."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    try:
        if spool.lock():
            spool.drain(time.monotonic() + GOES_ON, pause)
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
