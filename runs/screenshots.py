"""Pictures of the console for the documentation: `make screenshots`.

A server of its own with the bundled models, and Debian's Chromium (package `chromium`) without a window. The
corpus that is trained on is made up here.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SIZE = {"width": 1100, "height": 800}
TEXT = "A warm and funny film, wonderfully acted, though the plot is thin."
WORDS = {"good": ("good", "warm", "funny", "fine"), "bad": ("bad", "dull", "slow", "weak")}
REST = ("the", "a", "film", "story", "book", "was", "is", "and", "very", "room", "food", "my", "this")


def main() -> None:
    """Make every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # it is a size
        page.set_default_timeout(120_000)
        label(page, url)
        train(page, url, Path(home))
        models(page, url)
        browser.close()


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a server with a repository in `home`."""
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--data-dir", str(home / "data")]
    with subprocess.Popen(  # noqa: S603  # our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None  # noqa: S101  # it is a pipe
            yield next(word.rstrip(",") for word in server.stdout.readline().split() if "://" in word)
        finally:
            server.terminate()


def label(page: Page, url: str) -> None:
    """A text with its label and what decided."""
    page.goto(url)
    page.get_by_role("textbox", name="Text").fill(TEXT)
    page.get_by_test_id("evidence").wait_for()
    shoot(page, "console-label")


def train(page: Page, url: str, home: Path) -> None:
    """A training that has ended, with its curves and the gate's verdict."""
    corpus = home / "reviews.csv"
    corpus.write_text("text,label\n" + "".join(_rows(1_500)), encoding="utf-8")
    page.goto(f"{url}/#training")
    page.locator("input[type=file]").set_input_files(corpus)
    page.get_by_label("Model (a new name makes a new model)").fill("reviews")
    page.get_by_role("button", name="Check and train").click()
    page.get_by_text("Verdict:").wait_for()
    shoot(page, "console-training")


def models(page: Page, url: str) -> None:
    """A model with its figures."""
    page.goto(f"{url}/#models/sentiment")
    page.get_by_role("region", name="Calibration").wait_for()
    shoot(page, "console-models")


def shoot(page: Page, name: str) -> None:
    """The whole page as a picture."""
    page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


def _rows(count: int) -> Iterator[str]:
    """Texts in which one word tells the label."""
    chooser = random.Random(0)  # noqa: S311  # a corpus, not a secret
    for _ in range(count):
        label = chooser.choice(("good", "bad"))
        words = [*chooser.choices(REST, k=8), chooser.choice(WORDS[label])]
        chooser.shuffle(words)
        yield f"{' '.join(words)},{label}\n"


if __name__ == "__main__":
    main()
