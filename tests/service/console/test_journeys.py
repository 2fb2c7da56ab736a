"""The journeys of a person through the console, in a browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.service.console.conftest import Serving

pytestmark = pytest.mark.slow

PERCENT = re.compile(r"\d+\.\d %")


def upload(page: Page, name: str, data: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


def compare_with(page: Page, name: re.Pattern[str]) -> None:
    """Choose the first model and version of such a name."""
    choices = page.get_by_label("Compare with")
    choices.select_option(label=choices.locator("option").filter(has_text=name).first.inner_text())


def test_a_text_is_labelled_while_it_is_typed_and_what_decided_is_marked(page: Page, console: str) -> None:
    page.goto(console)
    expect(page.get_by_test_id("verdict")).to_have_count(1)
    for text in ("a good and warm film", "你好 世界 film", "<b>bad</b> & bad 🎬 film"):
        page.get_by_role("textbox", name="Text").fill(text)
        expect(page.get_by_test_id("evidence")).to_have_text(text)
        expect(page.get_by_test_id("verdict")).to_have_text(re.compile("^(good|bad|其他)$"))
    assert page.get_by_test_id("evidence").locator("mark").count() > 0
    expect(page.get_by_role("list", name="Scores").get_by_text(PERCENT)).to_have_count(3)
    rows = page.get_by_role("row").filter(has_text="logit, the sum of all")
    expect(rows).to_have_count(1)


def test_two_models_are_laid_side_by_side(page: Page, console: str) -> None:
    page.goto(console)
    compare_with(page, re.compile("^tiny-multi "))
    expect(page.get_by_role("region", name="Answer of")).to_have_count(2)
    expect(page.get_by_role("region", name="Answer of tiny-multi")).to_be_visible()


def test_a_file_is_labelled_and_downloaded(page: Page, console: str) -> None:
    page.goto(f"{console}/#files")
    data = "id,text\n1,a good film\n2,bad film\n3,你好\n".encode()
    upload(page, "some.csv", data)
    with page.expect_download() as waited:
        page.get_by_test_id("download").click()
    assert waited.value.suggested_filename == "some.labelled.csv"
    lines = Path(waited.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,text,label,score,error"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3"]
    expect(page.get_by_text("3 rows.")).to_be_visible()


def test_a_file_that_cannot_be_labelled_says_why(page: Page, console: str) -> None:
    page.goto(f"{console}/#files")
    upload(page, "a.csv", b"")
    expect(page.get_by_role("alert")).to_contain_text("found no row")


def test_a_wrong_label_is_corrected_and_the_correction_kept(page: Page, console: str) -> None:
    page.goto(console)
    page.get_by_role("textbox", name="Text").fill("the good weather report")
    expect(page.get_by_test_id("evidence")).to_have_text("the good weather report")
    page.get_by_text("Is the label wrong?").click()
    page.get_by_label("Right label").select_option("其他")
    page.get_by_role("button", name="Save the right label").click()
    expect(page.get_by_role("status")).to_contain_text("其他")
    kept = httpx.get(f"{console}/v1/feedback").json()
    assert [(each["text"], each["labels"]) for each in kept["feedback"]] == [
        ("the good weather report", ["其他"])
    ]


def test_a_corpus_is_trained_on_and_its_versions_promoted_and_rolled_back(
    page: Page, serving_all: Serving, write_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    with serving_all(tmp_path / "log.jsonl", data_dir=str(tmp_path / "data"), worker="true") as server:
        train_twice(page, server.url, [write_corpus(tmp_path / f"{seed}.csv", seed) for seed in (1, 2)])
        go_back_and_forth(page, server.url)
        compare_versions(page, server.url)


def train_twice(page: Page, console: str, corpora: list[Path]) -> None:
    for corpus, policy in zip(corpora, ("if-better", "always"), strict=True):
        page.goto(f"{console}/#training")
        page.reload()
        page.locator("input[type=file]").set_input_files(corpus)
        page.get_by_label("Model (a new name makes a new model)").fill("mood")
        page.get_by_label("Go live").select_option(policy)
        page.get_by_role("button", name="Check and train").click()
        expect(page.get_by_test_id("gate")).to_contain_text("the new version goes live", timeout=100_000)
        expect(page.get_by_test_id("gate")).to_contain_text("a linear model (TF-IDF)")
        expect(page.get_by_test_id("job-state")).to_have_text("done")
        assert page.locator("svg.chart").count() == 2


def go_back_and_forth(page: Page, console: str) -> None:
    page.goto(f"{console}/#models/mood")
    versions = page.get_by_role("region", name="Versions, the newest first")
    expect(versions.get_by_text("live", exact=True)).to_have_count(1)
    live = versions.get_by_role("row").filter(has_text="live").get_by_role("rowheader").inner_text()
    page.get_by_role("button", name="Roll back to the previous version").click()
    expect(page.get_by_role("status")).to_contain_text("live again")
    row = versions.get_by_role("row").filter(has_text=live)
    expect(row).to_contain_text("previous")
    row.get_by_role("button", name="Promote").click()
    expect(row).to_contain_text("live")
    for part in ("Confusion", "Calibration", "Learning curves"):
        expect(page.get_by_role("region", name=part, exact=True)).to_be_visible()


def wait_for_answers_of(version: str, console: str) -> None:
    """A process looks for promoted versions five times a second, and offers the one before until then."""
    ask = {"text": "film", "model": "mood"}
    until = time.monotonic() + 20
    while httpx.post(f"{console}/v1/classify", json=ask).json()["version"] != version:
        assert time.monotonic() < until
        time.sleep(0.05)


def compare_versions(page: Page, console: str) -> None:
    kept = httpx.get(f"{console}/v1/models/mood/versions").json()["versions"]
    live, earlier = (
        next(each["version"] for each in kept if each["live"] is is_live) for is_live in (True, False)
    )
    wait_for_answers_of(live, console)
    page.goto(f"{console}/#label")
    page.reload()
    page.get_by_label("Model", exact=True).select_option(label=f"mood {live}")
    compare_with(page, re.compile(f"^mood {earlier}"))
    answers = page.get_by_role("region", name="Answer of mood")
    expect(answers).to_have_count(2)
    expect(answers.first).to_contain_text(f"mood, version {live}")
    expect(answers.last).to_contain_text(f"mood, version {earlier}")


def test_with_keys_it_asks_for_one_and_keeps_it_for_the_tab(
    page: Page, serving: Serving, tmp_path: Path
) -> None:
    secret, key = new_key("console", KeyScope)
    with serving(tmp_path / "log.jsonl", keys=f'["{key.line()}"]', data_dir=str(tmp_path)) as server:
        page.goto(server.url)
        dialog = page.get_by_role("dialog", name="API key")
        expect(dialog).to_be_visible()
        dialog.get_by_label("Key").fill("wrong")
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        dialog.get_by_label("Key").fill(secret)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("verdict")).to_be_visible()
        page.reload()
        expect(page.get_by_test_id("verdict")).to_be_visible()
        assert page.evaluate("localStorage.length") == 0
        page.goto(f"{server.url}/#training")
        expect(page.get_by_text("No job yet.")).to_be_visible()


def test_it_can_be_used_with_a_keyboard_alone(page: Page, console: str) -> None:
    page.goto(console)
    expect(page.get_by_test_id("verdict")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Models")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    expect(page.get_by_role("link", name="Models")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("address", ["__proto__", "%E0%A4%A", "constructor/a", "training/%", "toString"])
def test_no_address_is_too_odd_for_the_page(page: Page, console: str, address: str) -> None:
    page.goto(f"{console}/#{address}")
    expect(page.locator("h1, [data-testid=verdict]").first).to_be_visible()
    expect(page.get_by_text("This cannot be shown")).to_have_count(0)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
