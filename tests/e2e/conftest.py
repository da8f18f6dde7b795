"""End-to-end tests drive the real senders; `python3 gw fetch-e2e` fetches them."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def e2e_bin() -> Path:
    """The directory of prometheus and prometheus-alertmanager."""
    directory = os.environ.get("GATEWAY_E2E_BIN")
    if directory is None:
        pytest.skip("GATEWAY_E2E_BIN is not set: python3 gw fetch-e2e")
    return Path(directory).resolve(strict=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the senders are required, skipping is failing."""
    report = yield
    if report.skipped and os.environ.get("GATEWAY_E2E_REQUIRED") == "1":
        report.outcome = "failed"
    return report
