"""The `gw try-client` command: generates a client from the OpenAPI document and calls with it.

openapi-python-client generates it in a folder of its own; it must have every operation, and
calls a running gateway.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from devtools.installing import clean_environment, installer
from devtools.installs import serving
from devtools.locks import CLIENT
from devtools.paths import ROOT, python_of
from devtools.stopping import CannotRun

CONFIG = {
    "content_type_overrides": dict.fromkeys(
        ("text/csv", "text/calendar"), "application/octet-stream"
    ),
    "package_name_override": "gateway_client",
    "post_hooks": [],
}
"""The configuration of the generator, which knows no CSV and no calendars: they are bytes to it."""


def run() -> int:
    """Generate the client, count its operations, and call the gateway with it."""
    # The servers that root starts run as another account, which has to enter the folder.
    with tempfile.TemporaryDirectory(prefix="gw-client-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        tool, environ = folder / "tool", clean_environment(os.environ)
        install = installer()
        install.create(tool)
        install.fill(tool, [CLIENT])
        with serving([sys.executable, "gw"], ROOT, folder, environ) as ready:
            print(f"the client has all {_generate(folder, ready['url'])} operations", flush=True)
            told = [ready["url"], ready["admin_key"], ready["ingest_key"]]
            _call([str(python_of(tool)), str(ROOT / "devtools" / "client_calls.py"), *told], folder)
    return 0


def _generate(folder: Path, url: str) -> int:
    """Generate the client beside the generator and return the number of its operations.

    Raises CannotRun if an operation is missing.
    """
    address = f"{url}/openapi.json"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own child's
        text = answer.read()
    document, config = folder / "openapi.json", folder / "config.json"
    document.write_bytes(text)
    config.write_text(json.dumps(CONFIG), "utf-8")
    made = folder / "gateway_client"
    options = ["--meta=none", "--fail-on-warning", f"--path={document}", f"--config={config}"]
    generator = str(folder / "tool" / "bin" / "openapi-python-client")
    _call([generator, "generate", *options, f"--output-path={made}"], folder)
    described = sum(map(len, json.loads(text)["paths"].values()))
    found = sum(1 for file in made.glob("api/*/*.py") if file.name != "__init__.py")
    if found != described:
        raise CannotRun(f"the client has {found} of {described} operations")
    return found


def _call(argv: list[str], folder: Path) -> None:
    environ = clean_environment(os.environ) | {"PYTHONPATH": str(folder)}
    if status := subprocess.call(argv, cwd=folder, env=environ):
        raise CannotRun(f"{Path(argv[0]).name} ended with status {status}, see above")
