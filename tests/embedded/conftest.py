"""Fixtures of the tests of bundled servers."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory that does not exist yet, where the service account may go."""
    home = Path(tempfile.mkdtemp(prefix="gateway-test-", dir="/tmp"))
    home.chmod(0o711)
    yield home / "state"
    shutil.rmtree(home)
