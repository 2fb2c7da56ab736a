"""Every view, in both colour schemes and on a phone, by the rules of axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["label", "files", "models", "training"])
def test_no_view_has_a_serious_finding(
    page: Page, console: str, view: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{console}/#{view}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if view == "label":
        expect(page.get_by_test_id("verdict")).to_be_visible()
    findings = Axe().run(page).response["violations"]
    assert [each["id"] for each in findings if each["impact"] in SERIOUS] == []


@pytest.mark.parametrize("view", ["label", "files", "models", "training"])
def test_nothing_is_wider_than_a_phone(page: Page, console: str, view: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{console}/#{view}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
