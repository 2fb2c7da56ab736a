"""A real browser on a real server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser, Page

    Serving = Callable[..., AbstractContextManager[Any]]

PATIENCE = 20_000
"""Milliseconds: the machine may be busy."""
REBOUND = "rebound.example"
"""A name that leads the browser to this machine, as somebody else's may."""
ARGUMENTS = ["--no-sandbox", f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window; while it runs, so does an event loop, and asyncio.run fails."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian package chromium)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def console(
    serving: Serving, multi_label_model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server with two models and a repository."""
    home = tmp_path_factory.mktemp("console")
    more = ("--model", str(multi_label_model_dir))
    with serving(home / "log.jsonl", *more, data_dir=str(home / "data")) as server:
        yield server.url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new page; what goes wrong in it fails the test."""
    wrong: list[str] = []
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    refusals = "the server responded with a status of 4"  # a test that asks for one looks at it itself
    assert [each for each in wrong if refusals not in each] == []
