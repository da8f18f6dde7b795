"""The `gw fetch-e2e` command: Debian programs for tests, unpacked under .cache/debian."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import DEBIAN
from devtools.stopping import CannotRun

PROGRAMS = ("prometheus", "prometheus-alertmanager", "swaks")
"""Packages that contain a program of the same name."""

LIBRARIES = ("libnet-ssleay-perl", "nullmailer", "libfaketime")
"""Further packages: TLS for swaks, a mail relay, and libfaketime."""

BUILT_IN = b"/usr/share/prometheus/alertmanager"
RELATIVE = b"usr/share/prometheus/alertmanager/"
"""The directory of Alertmanager's templates, and one relative to .cache/debian.

Both have the same length.
"""

BROWSER = """#!/bin/sh
usr=$(dirname "$(readlink -f "$0")")/..
libraries="$usr/lib/$(uname -m)-linux-gnu"
export LD_LIBRARY_PATH="$libraries:$usr/../lib/$(uname -m)-linux-gnu:$libraries/pulseaudio"
[ -d /etc/fonts ] || export FONTCONFIG_PATH="$usr/../etc/fonts"
exec "$usr/lib/chromium/chromium" "$@"
"""
"""A script that starts the unpacked Chromium with the libraries unpacked beside it."""


def fetch() -> int:
    """Fetch the missing programs and print the paths of all."""
    programs = [DEBIAN / "usr" / "bin" / name for name in PROGRAMS]
    if not all(path.exists() for path in programs) or faketime_library() is None:
        _fetch_packages()
    _fetch_browser()
    missing = [str(path) for path in programs if not path.exists()]
    if missing:
        raise CannotRun(f"the packages do not hold {', '.join(missing)}")
    for path in programs:
        _relocate(path)
    print("\n".join(map(str, programs)))
    return 0


def faketime_library() -> Path | None:
    """Return the libfaketime library: the fetched one, else the system's, else None."""
    for root in (DEBIAN, Path("/")):
        for found in sorted(root.glob("usr/lib/*/faketime/libfaketimeMT.so.1")):
            return found
    return None


def _fetch_packages() -> None:
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise CannotRun(f"fetch-e2e needs {tool}: run it on Debian or Ubuntu")
    DEBIAN.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _persist(["apt-get", "update", "-qq"])
    _persist(["apt-get", "download", "-qq", *PROGRAMS, *LIBRARIES])
    for package in sorted(DEBIAN.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, "."], cwd=DEBIAN, check=True)


def _fetch_browser() -> None:
    """Fetch Chromium and the libraries that this machine lacks, and write its start script."""
    started = DEBIAN / "usr" / "bin" / "chromium"
    wrapped = started.with_name("chromium.wrapped")
    if shutil.which("chromium") or wrapped.exists():
        return
    asked = ["apt-get", "install", "--simulate", "--no-install-recommends", "chromium"]
    told = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode()
    packages = re.findall(r"^Inst (\S+)", told, re.MULTILINE)
    folder = DEBIAN / "chromium"
    folder.mkdir(parents=True, exist_ok=True)
    _persist(["apt-get", "download", "-qq", *packages], folder)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, DEBIAN], check=True)
    started.replace(wrapped)
    started.write_text(BROWSER, "utf-8")
    shutil.copymode(wrapped, started)


def _relocate(path: Path) -> None:
    """Patch a program to find its files in .cache/debian, where it is not installed."""
    content = path.read_bytes()
    if BUILT_IN in content:
        draft = path.with_name(path.name + ".new")
        draft.write_bytes(content.replace(BUILT_IN, RELATIVE))
        shutil.copymode(path, draft)
        draft.replace(path)


def _persist(argv: Sequence[str], folder: Path = DEBIAN) -> None:
    """Run a command in .cache/debian or a folder of it, up to three times, as mirrors may fail."""
    for attempt in range(3):
        if subprocess.call(argv, cwd=folder) == 0:
            return
        time.sleep(5 * (attempt + 1))
    raise CannotRun(f"failed three times: {' '.join(argv)}")
