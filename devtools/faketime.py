"""Clocks ahead of time, by libfaketime, for tests, gateways, PostgreSQL and Valkey."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.debian import faketime_library
from devtools.installing import clean_environment
from devtools.stopping import CannotRun

SLEEP = '''\
"""libfaketime moves the end of a clock_nanosleep, which sleep uses; select has no end."""

import select
import time


def sleep(seconds, /):
    select.select([], [], [], seconds)


time.sleep = sleep
'''
"""A module that every Python imports at its start, as `sitecustomize`."""


@contextmanager
def clocks_ahead(days: int) -> Iterator[dict[str, str]]:
    """Yield an environment whose programs see a time `days` ahead.

    The monotonic clock is not moved: event loops and timeouts depend on it. So do threads that
    wait for the interpreter, whose waits the library's "fix" for that clock makes 30 times as
    long.
    """
    library = faketime_library()
    if library is None:
        raise CannotRun("there is no libfaketime here: run `python3 gw fetch-e2e` first")
    with tempfile.TemporaryDirectory(prefix="gw-faketime-", dir="/tmp") as folder:
        # The account of the embedded servers has to read it, wherever the checkout is.
        Path(folder).chmod(0o755)
        copy = Path(shutil.copy(library, folder))
        copy.chmod(0o755)
        Path(folder, "sitecustomize.py").write_text(SLEEP, "utf-8")
        yield {
            **clean_environment(os.environ),
            "PYTHONPATH": folder,
            "LD_PRELOAD": str(copy),
            "FAKETIME": f"+{days}d",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }
