"""A replacement of curl with only the options that the documentation uses, and the status of -f."""

import argparse
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

REFUSED = 22
"""Curl's exit status for an answer of 400 and above."""


def main() -> int:
    """Send one request and print the answer."""
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("address")
    parser.add_argument("-f", "--fail", action="store_true", required=True)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-S", "--show-error", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data")
    parser.add_argument("--data-binary")
    parser.add_argument("-m", "--max-time", type=float, default=30)
    parser.add_argument("--retry", type=int)
    asked = parser.parse_args()
    body = None if asked.data is None else asked.data.encode()
    if asked.data_binary is not None:
        body = Path(asked.data_binary.removeprefix("@")).read_bytes()
    headers = dict(line.split(": ", 1) for line in asked.header)
    request = Request(asked.address, body, headers, method=asked.request)  # noqa: S310 - a test's
    try:
        with urlopen(request, timeout=asked.max_time) as answer:  # noqa: S310 - a test's
            sys.stdout.buffer.write(answer.read())
    except HTTPError as error:
        sys.stderr.write(f"{asked.address}: {error.code} {error.read().decode()}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
