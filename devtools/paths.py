"""Paths of the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
DEBIAN = CACHE / "debian"
"""Debian packages for tests, unpacked and not installed."""


def python_of(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv / "bin" / "python"
