"""The gateway that is measured: with its bundled servers, durable, a child that ends with us."""

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
    """The file's text once it is there; the child's death or `seconds` without it is an error."""
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
    """A child process, stopped in an orderly way at the end, killed if it will not."""
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
    """The gateway of a checkout on a fresh durable database; yields what its ready file says."""
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
    """The bare aiohttp handler; yields its address."""
    with tempfile.TemporaryDirectory(prefix="gw-bench-") as name:
        port_file = Path(name) / "port"
        with child("-m", "tests.bench.raw", "handler", str(port_file)) as process:
            yield f"http://127.0.0.1:{await_file(port_file, process)}"


def load(
    url: str, key: str, kind: str, seconds: float, connections: int, rate: float | None = None
) -> dict[str, float]:
    """Run the load generator in its own process and return what it measured."""
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
