"""The `gw try-installs` command: a newcomer's installation, with each installer.

For each installer: copy the tracked files into an empty folder, run `gw dev` there, send one
alert.
"""

import argparse
import http.client
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from devtools.checks import tracked_files
from devtools.installing import bundled_pip, clean_environment, pip_environment
from devtools.paths import python_of
from devtools.stopping import CannotRun

START_WITHIN = 300
"""Seconds from the command to a gateway that serves, on a machine busy with other work."""

ALERT = {"title": "disk full", "severity": "critical", "service": "files"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the installers to try, and whether the tests start as well."""
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"of {', '.join(TOOLS)} (all)")
    parser.add_argument("--tests", action="store_true", help="also start `gw test` in each folder")


def run(given: argparse.Namespace) -> int:
    """Try each installer in turn; the first that fails ends the command."""
    if unknown := [tool for tool in given.tools if tool not in TOOLS]:
        raise CannotRun(f"there is no tool {unknown[0]}: choose of {', '.join(TOOLS)}")
    for tool in given.tools or TOOLS:
        # The servers that root starts run as another account, which has to enter the folder.
        with tempfile.TemporaryDirectory(prefix="gw-install-", dir="/tmp") as folder:
            Path(folder).chmod(0o711)
            print(f"{tool}: {_try(tool, Path(folder), tests=given.tests)}", flush=True)
    return 0


def _try(tool: str, folder: Path, *, tests: bool) -> str:
    """Return the times in which the gateway, and the tests if requested, started."""
    checkout = folder / "checkout"
    _copy(checkout)
    python, environ = TOOLS[tool](folder / "tool")
    environ = environ | {"HOME": str(folder), "PIP_CACHE_DIR": _pip_cache()}
    gw = [str(python), "gw"]
    meter = Meter()
    _serve_one_alert(gw, checkout, folder, environ)
    told = f"an empty folder served one alert after {meter}"
    if tests:
        meter = Meter()
        _call([*gw, "test", "-q", "tests/network/test_addresses.py"], checkout, environ)
        told += f"; the first tests ran after {meter} more"
    return told


class Meter:
    """The time and processor time of child processes that ended since its creation."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._used = _children_used()

    def __str__(self) -> str:
        seconds, used = time.monotonic() - self._began, _children_used() - self._used
        return f"{seconds:.1f} s ({used:.1f} s of one core)"


def _children_used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _copy(checkout: Path) -> None:
    for name in tracked_files():
        target = checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, target)


def _serve_one_alert(
    gw: list[str],
    checkout: Path,
    folder: Path,
    environ: Mapping[str, str],
) -> None:
    with serving(gw, checkout, folder, environ) as ready:
        _send(ready)


@contextmanager
def serving(
    gw: list[str],
    checkout: Path,
    folder: Path,
    environ: Mapping[str, str],
) -> Iterator[Mapping[str, str]]:
    """Serve with `gw dev`, its state in the folder, and yield the contents of its ready file."""
    ready = folder / "ready.json"
    options = ["--port=0", f"--state={folder / 'state'}", f"--ready-file={ready}"]
    gateway = subprocess.Popen(
        [*gw, "dev", *options],
        cwd=checkout,
        env=environ,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + START_WITHIN
        while not ready.exists():
            if gateway.poll() is not None:
                raise CannotRun(f"`gw dev` ended with status {gateway.returncode}, see above")
            if time.monotonic() > until:
                raise CannotRun(f"`gw dev` did not serve within {START_WITHIN} s")
            time.sleep(0.1)
        yield json.loads(ready.read_text("utf-8"))
        gateway.send_signal(signal.SIGTERM)
        if status := gateway.wait(60):
            raise CannotRun(f"`gw dev` stopped with status {status}")
    finally:
        # A process that still installs has children, which have to end with it.
        if gateway.poll() is None:
            os.killpg(gateway.pid, signal.SIGKILL)
            gateway.wait()


def _send(ready: Mapping[str, str]) -> None:
    address = urlsplit(ready["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    with closing(connection):
        head = {"Authorization": f"Bearer {ready['ingest_key']}"}
        connection.request("POST", "/ingest/generic", json.dumps(ALERT), head)
        status = connection.getresponse().status
    if status // 100 != 2:
        raise CannotRun(f"the gateway answered {status} to an alert")


def _with_pip(version: str) -> Callable[[Path], tuple[Path, dict[str, str]]]:
    """Return a function that creates a Python with this pip, and a PATH without uv."""

    def make(folder: Path) -> tuple[Path, dict[str, str]]:
        _make_tool(folder, version)
        return python_of(folder), {**clean_environment(os.environ), "PATH": _path_without("uv")}

    return make


def _with_uv(folder: Path) -> tuple[Path, dict[str, str]]:
    """Install the newest uv into a folder and put it first on PATH."""
    _make_tool(folder, "uv")
    path = os.pathsep.join((str(folder / "bin"), os.environ["PATH"]))
    return Path(sys.executable), {**clean_environment(os.environ), "PATH": path}


def _make_tool(folder: Path, package: str) -> None:
    pip = bundled_pip()
    pip.create(folder)
    command = pip.command(folder)
    install = [*command, "install", "--quiet", "--upgrade", "--no-deps", package]
    _call(install, Path("/"), pip_environment(command))


def _path_without(program: str) -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(one for one in folders if not Path(one, program).exists())


def _pip_cache() -> str:
    """Return the pip cache of the user, which the folders share."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return os.environ.get("PIP_CACHE_DIR") or str(Path(home) / "pip")


def _call(argv: list[str], folder: Path, environ: Mapping[str, str]) -> None:
    if status := subprocess.call(argv, cwd=folder, env=environ, stdout=subprocess.DEVNULL):
        raise CannotRun(f"status {status}: {' '.join(argv)}")


TOOLS = {"pip-23": _with_pip("pip==23.0.1"), "pip": _with_pip("pip"), "uv": _with_uv}
"""Functions that create the Python of gw and its environment, by installer."""
