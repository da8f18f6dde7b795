"""The `gw check` command: all checks that do not run the gateway."""

import re
import subprocess
from pathlib import Path

from devtools.purity import broken_promises

CONTRACTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

CHECKS = (
    ("lint", ["-m", "ruff", "check"]),
    ("format", ["-m", "ruff", "format", "--check"]),
    ("types", ["-m", "mypy"]),
    ("imports", ["-c", CONTRACTS]),
)

OWN_PATHS = re.compile(rb"(?<![\w.$}])/(?:work|root|home/[a-z]+|Users/[a-z]+)/[\w.]")
"""A pattern of paths of one developer's machine."""

LOCK = re.compile(r"(^|/)requirements[^/]*\.txt$|\.lock$|-lock\.(json|ya?ml)$")
"""A pattern of the names of lock files."""


def check(python: Path) -> int:
    """Run every static check and print at the end which failed."""
    failed = []
    for name, argv in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.call([str(python), *argv]):
            failed.append(name)
    for name, found, fine in (
        ("pure", broken_promises(), "Every module marked as pure is."),
        ("tree", tree_problems(), "Nothing stands in the tree that may not."),
    ):
        print(f"== {name}", *(found or [fine]), sep="\n", flush=True)
        if found:
            failed.append(name)
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def tracked_files() -> list[str]:
    """Return the tracked files of the current repository, without symbolic links."""
    listed = subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
    names = listed.decode().split("\0")
    return [name for name in names if Path(name).is_file() and not Path(name).is_symlink()]


def tree_problems() -> list[str]:
    """Return problems of tracked files: addresses in lock files, paths of one machine."""
    problems = []
    for name in tracked_files():
        content = Path(name).read_bytes()
        if LOCK.search(name) and b"://" in content:
            problems.append(f"{name} holds an address: pin by hash only")
        if found := OWN_PATHS.search(content):
            line = content[: found.start()].count(b"\n") + 1
            problems.append(f"{name}:{line} holds a path of one machine")
    return problems
