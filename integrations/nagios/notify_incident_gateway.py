#!/usr/bin/env python3
"""Tells the incident gateway of a notification of Nagios or Icinga 2. Needs nothing but Python 3.6.

usage: notify_incident_gateway.py --url https://gateway.example --source nagios --key-file FILE NAME=VALUE...

Names: type host service state output long_output address groups author comment url time. An answer of 5xx or 429 and a lost
connection are tried again with growing pauses, for as long as --within says. Exit status: 0 committed, 1 given up, 2 refused.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
import uuid

NAMES = (
    "type", "host", "service", "business_service", "state", "output", "long_output", "address", "groups", "author", "comment",
    "url", "time",
)  # fmt: skip
UNSET = "$"
"""How a macro begins that was left as it is written."""


def main(argv):
    """The exit status."""
    asked = parsed(argv)
    with open(asked.key_file, encoding="utf-8") as file:
        key = file.read().strip()
    request = urllib.request.Request(
        asked.url.rstrip("/") + "/ingest/" + asked.source,
        data=json.dumps(body(asked.told)).encode("utf-8"),
        headers={
            "Content-Type": "application/json",
            "Authorization": "Bearer " + key,
            "Idempotency-Key": str(uuid.uuid4()),  # the same for every attempt
            "User-Agent": "incident-gateway-notify/1",
        },
        method="POST",
    )
    return sent(request, time.monotonic() + asked.within, asked.pause)


def parsed(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description="tell the incident gateway of a notification")
    parser.add_argument("--url", required=True)
    parser.add_argument("--key-file", required=True, help="a file that holds the ingest key; a command line can be read by all")
    parser.add_argument("--source", choices=("nagios", "icinga"), default="nagios")
    parser.add_argument("--within", type=float, default=50.0, help="seconds; what starts this kills it after about 60")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds before the second attempt, doubled each time")
    parser.add_argument("told", nargs="+", metavar="NAME=VALUE")
    return parser.parse_args(argv)


def body(told):
    """What is posted: only what says something."""
    pairs = [pair.partition("=") for pair in told]
    unknown = sorted({name for name, _, _ in pairs} - set(NAMES))
    if unknown:
        raise SystemExit("unknown: " + ", ".join(unknown))
    texts = {name: value.encode("utf-8", "replace").decode("utf-8").replace("\0", "") for name, _, value in pairs}
    return {name: text for name, text in texts.items() if text and not (text.startswith(UNSET) and text.endswith(UNSET))}


def sent(request, until, pause):
    """Try until it is committed, refused, or too late."""
    while True:
        try:
            with urllib.request.urlopen(request, timeout=max(min(10.0, until - time.monotonic()), 0.1)) as answer:
                print(answer.read(2000).decode("utf-8", "replace"))
                return 0
        except urllib.error.HTTPError as error:
            print("HTTP", error.code, error.read(2000).decode("utf-8", "replace"), file=sys.stderr)
            if error.code < 500 and error.code != 429:
                return 2
        except (TimeoutError, urllib.error.URLError, OSError) as error:
            print(error, file=sys.stderr)
        if time.monotonic() + pause >= until:
            return 1
        time.sleep(pause)
        pause *= 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
