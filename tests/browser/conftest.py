"""A real Chromium against a live server. One worker has it; without a browser the tests skip, and say so."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PATIENCE = 60  # Seconds; a slow machine is no fault of a page.
# The driver runs an event loop in this thread; Django would take every query for one from a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        if os.environ.get("BROWSER_REQUIRED") == "1":
            pytest.fail("Chromium is required here and is not installed")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A browser window that remembers everything that went wrong in it."""

    def __init__(self, browser: Browser, base: str, **options) -> None:
        self.context = browser.new_context(base_url=base, **options)
        self.context.set_default_timeout(1000 * PATIENCE)
        self.problems: list[str] = []
        self.waiting: set[Request] = set()
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._heard_request)
        self.page.on("requestfinished", self._heard_answer)
        self.page.on("requestfailed", self._heard_answer)

    def _heard(self, message) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{self.page.url}: {message.text}")

    def _heard_request(self, request: Request) -> None:
        self.waiting.add(request)

    def _heard_answer(self, request: Request) -> None:
        self.waiting.discard(request)

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/sign-in/")
        self.page.fill("input[name=username]", email)
        self.page.fill("input[name=password]", password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(
            lambda address: "/sign-in/" not in address
        )  # Whose own address ends in a slash.
        self.settle()

    def open(self, address: str):
        """Go to a page and wait until its panels have come."""
        self.waiting.clear()
        answer = self.page.goto(address)
        self.settle()
        return answer

    def settle(self) -> None:
        """Wait until nothing is asked for any more; panels ask as soon as the page is there."""
        calm, end = 0, time.monotonic() + PATIENCE
        while calm < 2:
            assert time.monotonic() < end, f"still waiting for {[one.url for one in self.waiting]}"
            self.page.wait_for_timeout(30)
            calm = 0 if self.waiting else calm + 1


@pytest.fixture
def visitor(chromium, live_server, settings):
    settings.SITE_URL = live_server.url
    opened: list[Visitor] = []

    def visit(**options) -> Visitor:
        opened.append(Visitor(chromium, live_server.url, **options))
        return opened[-1]

    yield visit
    for one in opened:
        one.context.close()
