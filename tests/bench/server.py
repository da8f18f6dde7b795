"""The measured gateway: a child process with its bundled, durable servers."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def await_file(path: Path, child: "subprocess.Popen[bytes]", seconds: float = 60) -> str:
    """Return the text of a file once it exists.

    Raises RuntimeError if the child ends first, TimeoutError after `seconds`.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text()):
            return text
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with status {child.returncode}")
        time.sleep(0.02)
    raise TimeoutError(f"nothing served within {seconds} s")


@contextmanager
def child(
    *command: str, env: dict[str, str] | None = None, root: Path = ROOT
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a child process; stop it by SIGTERM at the end, by SIGKILL if that does not suffice."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def gateway(config: str = "", root: Path = ROOT) -> Iterator[dict[str, str]]:
    """Run the gateway of a checkout on a new durable database; provide its ready file's content."""
    with tempfile.TemporaryDirectory(prefix="gw-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "bench.toml").write_text(config)
        ready = folder / "ready.json"
        options = ("--port", "0", "--state", str(folder / "state"), "--ready-file", str(ready))
        dev = (
            "-m",
            "gateway",
            "dev",
            "--log-level",
            "warning",
            "--config",
            str(folder / "bench.toml"),
        )
        with child(*dev, *options, root=root) as process:
            yield json.loads(await_file(ready, process))


@contextmanager
def bare_handler() -> Iterator[str]:
    """Run the bare aiohttp handler and provide its address."""
    with tempfile.TemporaryDirectory(prefix="gw-bench-") as name:
        port_file = Path(name) / "port"
        with child("-m", "tests.bench.raw", "handler", str(port_file)) as process:
            yield f"http://127.0.0.1:{await_file(port_file, process)}"


def load(
    url: str, key: str, kind: str, seconds: float, connections: int, rate: float | None = None
) -> dict[str, float]:
    """Run the load generator in its own process and return its results."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.load",
        url,
        key,
        kind,
        "--connections",
        str(connections),
    ]
    command += ["--seconds", str(seconds), *(["--rate", str(rate)] if rate else [])]
    done = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, timeout=seconds * 3 + 60
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result
