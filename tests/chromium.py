"""A headless Chromium for the tests that need a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def where() -> str:
    """Return where Chromium is; without one the test is skipped, but never in CI."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI has no Chromium: `make test` installs it")
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, which talks to this machine alone, and end it."""
    path = where()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
