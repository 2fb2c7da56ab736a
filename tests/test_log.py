"""The log of what was tried: whoever cites it names an entry that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOG = ROOT / "docs" / "LOG.md"
FOLDERS = ("textcnn", "training", "service", "benchmarks", "deploy", "runs", "docs")
PAGES_THAT_NAME_THE_WHOLE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTRY = re.compile(r"^### (?P<title>.*)\n\n- \*\*Date:\*\* (?P<date>\d{4}-\d\d-\d\d)$", re.MULTILINE)
_CITATION = re.compile(r"\bLOG\.md(?:#(?P<anchor>[\w-]+))?")


def anchor(title: str) -> str:
    """The anchor of a title, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def entries() -> dict[str, str]:
    """The date of each entry, by its anchor."""
    text = _COMMENT.sub("", LOG.read_text(encoding="utf-8"))
    found = [(anchor(match["title"]), match["date"]) for match in _ENTRY.finditer(text)]
    assert len(found) == len(re.findall(r"^### ", text, re.MULTILINE)), "an entry has no date"
    assert len(found) == len(dict(found)), "two entries have one title"
    return dict(found)


def citing_files() -> list[Path]:
    files = [ROOT / name for name in PAGES_THAT_NAME_THE_WHOLE]
    for folder in FOLDERS:
        files += [path for kind in ("*.py", "*.md", "*.sh", "*.toml") for path in (ROOT / folder).rglob(kind)]
    return [path for path in files if path != LOG and "LOG.md" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", citing_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_citation_of_the_log_names_an_entry_that_exists(path: Path) -> None:
    known = entries()
    for citation in _CITATION.finditer(path.read_text(encoding="utf-8")):
        if citation["anchor"] is None:
            assert path.name in PAGES_THAT_NAME_THE_WHOLE, f"{path.name} cites the log and names no entry"
        else:
            assert citation["anchor"] in known, f"{path.name} cites {citation[0]}"


def test_the_newest_entry_stands_on_top() -> None:
    dates = [*entries().values()]
    assert dates == sorted(dates, reverse=True)


def test_the_log_leaves_to_the_changelog_what_reviews_found() -> None:
    titles = re.findall(r"^### (.*)$", LOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert not [title for title in titles if re.search(r"\breview(er)?\b", title, re.IGNORECASE)]
