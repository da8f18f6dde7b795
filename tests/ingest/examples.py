"""The program that writes the expected results of captured requests where they are missing.

It also writes gateway/quarantine/examples.json: every captured body that is read without
settings, one a line. Review its output before committing: it records what the source does, which
may differ from what it should do.
"""

import argparse

import msgspec

from gateway.quarantine.examples import FILE, Example
from tests.ingest.requests import CASES, FIXTURES, replayed


def written() -> bytes:
    """Return the content of gateway/quarantine/examples.json."""
    lines = []
    for slug in sorted({case.partition("/")[0] for case in CASES}):
        each = [
            example for case in CASES if case.startswith(f"{slug}/") and (example := _example(case))
        ]
        inner = b",\n".join(b"  " + msgspec.json.encode(one) for one in each)
        lines.append(b'"%b": [\n%b\n]' % (slug.encode(), inner))
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def _example(case: str) -> Example | None:
    folder = FIXTURES / case
    expected = msgspec.json.decode((folder / "expected.json").read_bytes())
    if "malformed" in expected or expected["refused"] or (folder / "intake.json").exists():
        return None
    head, _, body = (folder / "request.http").read_bytes().partition(b"\n\n")
    if b"\nce-specversion:" in head.lower():  # its headers hold a part of the event
        return None
    try:
        return Example(case.partition("/")[2], msgspec.json.decode(body))
    except msgspec.DecodeError:
        return None


def expect() -> None:
    """Write `expected.json` beside each captured request that has none."""
    for case in CASES:
        file = FIXTURES / case / "expected.json"
        if not file.exists():
            file.write_bytes(
                msgspec.json.format(msgspec.json.encode(replayed(case)), indent=2) + b"\n"
            )


if __name__ == "__main__":
    argparse.ArgumentParser(prog="gw examples", description=__doc__).parse_args()
    expect()
    FILE.write_bytes(written())
