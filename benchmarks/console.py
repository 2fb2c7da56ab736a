"""Time the console's first paint: `python -m benchmarks console` (needs Debian's `chromium`).

Each visit is a new context of the browser, whose cache is empty; the address is of this machine.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import write_results
from benchmarks.servers import new_api_key, textcnn_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VISITS = 15
REQUIRED_SECONDS = 1.0
READ_PAINT = """
    () => new Promise(resolve => new PerformanceObserver(list => {
        for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
    }).observe({type: "paint", buffered: true}))
"""
READ_BYTES = """
    () => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter(entry => !new URL(entry.name).pathname.startsWith("/v1/"))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)
"""
"""Of the page and its assets; what the API answers is no part of them."""


def main() -> None:
    """Measure, and keep the figures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("console: Chromium is not installed (Debian package chromium)")
        return
    results = measure(chromium)
    write_results("console", results)
    print("console:", results)


def measure(chromium: str, visits: int = VISITS) -> dict[str, Any]:
    """Seconds from the navigation to the first painted content, and bytes of page and assets."""
    from playwright.sync_api import sync_playwright

    _, keys = new_api_key()
    with (
        tempfile.TemporaryDirectory() as folder,
        textcnn_server(Path(folder), keys) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = [_visit(browser, f"http://127.0.0.1:{server.port}/") for _ in range(visits + 1)]
        browser.close()
    seconds = [milliseconds / 1e3 for milliseconds, _ in found[1:]]  # the first is a warm-up
    return {
        "visits": visits,
        "first_paint_seconds": {
            "median": round(statistics.median(seconds), 3),
            "longest": round(max(seconds), 3),
            "required": REQUIRED_SECONDS,
        },
        "bytes": found[-1][1],
    }


def _visit(browser: Browser, url: str) -> tuple[float, int]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url, wait_until="load")
    found = float(page.evaluate(READ_PAINT)), int(page.evaluate(READ_BYTES))
    context.close()
    return found


if __name__ == "__main__":
    main()
