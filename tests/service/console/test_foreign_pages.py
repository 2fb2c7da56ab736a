"""A browser at a page of another origin, and at our own under a name that was bound to it."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.service.console.conftest import REBOUND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

ATTACK = """
async ([service, version]) => {
  const answers = [];
  const row = JSON.stringify({model: "tiny", text: "evil", label: "good"});
  const form = new FormData();
  form.append("corpus", new Blob(["text,label\\na,good\\n"]), "a.csv");
  const posts = [
    ["/v1/feedback", row],
    ["/v1/models/tiny/train", form],
    ["/v1/models/tiny/versions", new Blob(["x"])],
    [`/v1/models/tiny/versions/${version}/promote`, ""],
    ["/v1/models/tiny/rollback", ""],
    ["/v1/classify", row],
  ];
  for (const [path, body] of posts) {
    for (const mode of ["no-cors", "cors"]) {
      try { answers.push((await fetch(service + path, {method: "POST", mode, body})).status); }
      catch { answers.push("hidden"); }
    }
  }
  return answers;
}
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The address of somebody else's page."""
    (tmp_path / "index.html").write_text("<h1>a page</h1>", encoding="utf-8")
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{REBOUND}:{server.server_address[1]}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_page_of_another_origin_changes_nothing(browser: Browser, console: str, elsewhere: str) -> None:
    before = httpx.get(f"{console}/v1/models/tiny").json()
    context = browser.new_context()
    page = context.new_page()
    for address in (elsewhere, elsewhere.replace(REBOUND, "127.0.0.1")):
        page.goto(address)
        answers = page.evaluate(ATTACK, [console, before["version"]])
        assert set(answers) == {0, "hidden"}
    context.close()
    assert httpx.get(f"{console}/v1/models/tiny").json() == before
    assert not [each for each in remarks(console) if each["text"] == "evil"]
    assert httpx.get(f"{console}/v1/jobs").json()["jobs"] == []


def test_a_name_that_was_bound_to_us_is_refused(browser: Browser, console: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(console.replace("127.0.0.1", REBOUND))
    assert answer is not None
    assert answer.status == 421
    posted = page.evaluate("async () => (await fetch('/v1/feedback', {method: 'POST', body: '{}'})).status")
    assert posted == 421
    context.close()


def remarks(console: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = httpx.get(f"{console}/v1/feedback").json()["feedback"]
    return found
