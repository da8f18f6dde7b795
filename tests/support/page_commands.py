"""The commands on documentation pages, and a shell that runs them."""

import asyncio
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(name: str) -> list[str]:
    """Return the commands of a page of `docs/`, in order."""
    found = COMMANDS.findall((ROOT / "docs" / name).read_text("utf-8"))
    assert found
    return found


async def run_script(script: str, folder: Path, **variables: str) -> str:
    """Run commands in a shell and return their output; curl is tests/support/curl.py."""
    curl = folder / "curl"
    curl.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support/curl.py" "$@"\n', "utf-8"
    )
    curl.chmod(0o700)
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-eu",
        "-c",
        script,
        env={"PATH": path, **variables},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return told.decode()
