"""A new channel is one folder and one line: nothing else in the gateway names it."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

import gateway
from gateway.channels import chat
from gateway.channels.discovery import find_modules
from gateway.channels.sections import SECTIONS

SECTION = """
from collections.abc import Iterator
from gateway.channels.channel_section import ChannelSection
from gateway.errors import Flaw

class PagerSection(ChannelSection, frozen=True):
    token: str = ""
    loud: bool = False

    def flaws(self) -> Iterator[Flaw]:
        if self.loud and not self.token:
            yield Flaw("/token", "a loud pager has a token")

SECTION = PagerSection
"""
OUTBOUND = """
from gateway.channels.push.pager.section import PagerSection

def open_channels(parts):
    section = parts.section(PagerSection)
    return {"pager": section.token} if section.token else {}
"""
LINE = '    "pager": ChannelDescription(switches=("notify.pager.token",)),\n'
OPEN = """
import asyncio, sys
from contextlib import AsyncExitStack
from pathlib import Path
from gateway.app.notifications import open_channels
from gateway.channels.opening import ChannelParts
from gateway.settings import load

async def main():
    async with AsyncExitStack() as stack:
        settings = load(Path(sys.argv[1]), {})
        opened = open_channels(ChannelParts(stack, None, settings, None, (b"",)))
        print(opened.get("pager"))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the gateway with a folder of a new channel, and its line."""
    root = tmp_path_factory.mktemp("recipe")
    copytree(Path(gateway.__file__).parent, root / "gateway")
    folder = root / "gateway/channels/push/pager"
    folder.mkdir(parents=True)
    folder.parent.joinpath("__init__.py").touch(exist_ok=True)
    for name, text in {"__init__": "", "section": SECTION, "outbound": OUTBOUND}.items():
        (folder / f"{name}.py").write_text(text)
    listed = root / "gateway/settings/notify.py"
    before, start, after = listed.read_text().partition("NOTIFICATION_CHANNELS: ")
    opening, brace, entries = after.partition("{\n")
    listed.write_text(f"{before}{start}{opening}{brace}{LINE}{entries}")
    return root


def run(copy: Path, config: str, *arguments: str) -> str:
    (copy / "gateway.toml").write_text(config)
    done = subprocess.run(
        [sys.executable, *arguments, str(copy / "gateway.toml")],
        cwd=copy,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


CHECK = ("-m", "gateway", "check", "--config")


def test_check_reports_flaws_of_new_channel(copy: Path) -> None:
    text = "[notify.pager]\nloud = true\n[notify.paging]\nloud = true\n"
    text += '[notify.recipients]\ndirector = ["pager:olga"]'
    told = run(copy, text, *CHECK)
    assert "notify.pager.token: a loud pager has a token" in told
    assert "notify.paging: no such setting" in told
    assert "this channel is off: set notify.pager.token" in told
    assert "notify.pager.louder" in run(copy, "[notify.pager]\nlouder = true\n", *CHECK)


def test_new_channel_is_opened_with_its_settings(copy: Path) -> None:
    told = run(copy, '[notify.pager]\ntoken = "t1"\n', "-c", OPEN)
    assert told.strip().endswith("t1")
    assert run(copy, "", "-c", OPEN).strip().endswith("None")


def test_commands_are_refused_for_flaws_of_new_channel(copy: Path) -> None:
    told = run(copy, "[notify.pager]\nloud = true\n", "-m", "gateway", "migrate", "--config")
    assert "notify.pager.token: a loud pager has a token" in told


INCOMING_CALLS = {"settings/phone_flaws.py", "channels/phone/conversation.py"}
"""The files that name telephone systems, which are another list."""


OTHERS = ("compat/", "ingest/", "watch/", "settings/watch.py")
"""The rooms in which a name means something else: formats of other systems, and the watch.

The watch tells people without the gateway's channels, as they may be what is broken.
"""


def named(path: Path) -> set[str]:
    """Return the texts of a module, and the parts of the names of the modules that it imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.ImportFrom):
            found |= set((node.module or "").split("."))
    return found


def test_only_its_folder_and_the_list_name_a_vendor() -> None:
    root = Path(gateway.__file__).parent
    told = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if (vendors := named(path) & SECTIONS.keys())
        and not vendors & set(path.relative_to(root).parts)
    }
    ours = {path for path in told if not path.startswith(OTHERS)}
    assert ours - INCOMING_CALLS == {"settings/notify.py"}


def test_modules_are_found_in_one_package_or_in_all() -> None:
    of_chats = {module.__name__ for module in find_modules("inbound", chat)}
    assert of_chats < {module.__name__ for module in find_modules("inbound")}
