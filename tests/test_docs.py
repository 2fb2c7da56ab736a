"""The prose is true: its blocks run, its links lead somewhere, its tables name what there is."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from benchmarks.tables import PAGES as PAGES_WITH_TABLES
from benchmarks.tables import render
from textcnn.cli import build_app
from textcnn.config import FORMAT_VERSION, ModelConfig, NetworkConfig
from textcnn.directory import ModelDirectory
from textcnn.errors import UnlabelledError
from textcnn.reading.format_table import FORMATS
from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.training.data.lint import lint_rows
from textcnn.training.export import export_onnx
from textcnn.training.progress import JsonReporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES_OF_REQUESTS = (DOCS / "http.md", DOCS / "dialects.md")
PAGES = (README, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
BIN = Path(sys.executable).parent
PUBLISHED_PORT = 8000
"""The address of the service in the documentation; the tests put another port in its place."""

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the blocks are for people with curl")


@dataclass(frozen=True)
class Block:
    """A fenced block, and the JSON block right after it, where there is one."""

    page: Path
    line: int
    language: str
    code: str
    answer: Any = None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


PLAIN_ANSWERS = ("csv", "prometheus")
"""Languages of blocks that are, as they stand, what the block before them answers; `json` ones are parsed."""

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page but JSON, which is what the block before it answers."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        if match["language"] in PLAIN_ANSWERS:
            asked = found.pop()
            found.append(Block(page, asked.line, asked.language, asked.code, match["code"]))
        elif match["language"] != "json":
            found.append(
                Block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["code"])
            )
        elif not text[end : match.start()].strip():
            asked = found.pop()
            found.append(Block(page, asked.line, asked.language, asked.code, json.loads(match["code"])))
        end = match.end()
    return found


@contextmanager
def serving(command: list[str], directory: Path) -> Iterator[None]:
    """A server that has announced itself, until the block ends."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line.startswith("Serving "), line
            yield
        finally:
            server.terminate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def bundled_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service with the bundled models, as `make serve` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "textcnn", "serve", "--port", str(port)]
    with serving(command, tmp_path_factory.mktemp("service")):
        yield port


class Clone:
    """A directory in which blocks run as in a clean clone, one after the other."""

    def __init__(self, directory: Path, ports: dict[int, int], servers: ExitStack) -> None:
        self._directory = directory
        self._ports = ports
        self._servers = servers
        (directory / ".venv").symlink_to(BIN.parent)

    def run(self, block: Block) -> str:
        """The output of a block; one that starts a service leaves it running."""
        code = self._moved(block.code)
        if block.language == "python":
            return self._output([sys.executable, "-c", code], block)
        if block.code.startswith("make "):
            return ""
        if "textcnn serve" in code:
            self._servers.enter_context(serving(shlex.split(code), self._directory))
            return ""
        return self._output(["sh", "-euc", code], block)

    def _moved(self, code: str) -> str:
        """The code with a free port wherever it has a published one."""

        def moved(match: re.Match[str]) -> str:
            return f"{match[1]}{self._ports.setdefault(int(match[2]), free_port())}"

        return re.sub(r"(127\.0\.0\.1:|localhost:|--port )(\d+)", moved, code)

    def _output(self, command: list[str], block: Block) -> str:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        # Spinning threads would take the cores from whatever else the machine does.
        environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, "PATH": path}
        done = subprocess.run(
            command,
            cwd=self._directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{block}: {done.stderr or done.stdout}"
        return done.stdout


def matched(value: Any, key: str = "") -> Any:  # noqa: ANN401  # any JSON
    """An answer without what differs from model to model: probabilities, versions, and numbers of tokens."""
    if isinstance(value, dict):
        return {key: matched(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [matched(each, key) for each in value]
    if isinstance(value, float):
        return "a share" if 0 <= value <= 1 else value
    if isinstance(value, str):
        return re.sub(r"\b[0-9a-f]{12}\b", "a version", value)
    return "a token" if key == "id" else value


def without_figures(text: str) -> str:
    """The same for an answer that is no JSON."""
    return re.sub(r"\d+\.\d+", "a number", re.sub(r'"[0-9a-f]{12}"', "a version", text))


def promised_lines(code: str) -> list[str | None]:
    """The output that each `print` of a block promises in the comment beside it; None for no promise."""
    prints = re.findall(r"^print\(.*?\)(?:  # (.*))?$", code, re.MULTILINE)
    return [promise or None for promise in prints]


@pytest.mark.slow
def test_every_block_of_the_readme_runs_as_it_stands(tmp_path: Path, bundled_port: int) -> None:
    with ExitStack() as servers:
        clone = Clone(tmp_path, {PUBLISHED_PORT: bundled_port}, servers)
        for block in blocks(README):
            assert block.language in ("sh", "python"), f"{block} is not run by anything"
            if "curl" in block.code and shutil.which("curl") is None:
                continue
            output = clone.run(block)
            if block.answer is not None:
                assert matched(json.loads(output)) == matched(block.answer), block
            elif "curl" in block.code:
                assert "error" not in json.loads(output), block
            assert_prints_what_it_promises(block, output)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["onnx.md", "inside.md"])
def test_every_block_of_these_pages_runs_as_it_stands(page: str, tmp_path: Path) -> None:
    with ExitStack() as servers:
        clone = Clone(tmp_path, {}, servers)
        for block in blocks(DOCS / page):
            if block.language == "text":  # a formula
                continue
            assert block.language in ("sh", "python"), f"{block} is not run by anything"
            assert_prints_what_it_promises(block, clone.run(block))


def assert_prints_what_it_promises(block: Block, output: str) -> None:
    promises = promised_lines(block.code) if block.language == "python" else []
    for promise, line in zip(promises, output.splitlines() if promises else [], strict=True):
        assert promise in (None, line), block


@needs_curl
@pytest.mark.parametrize(
    "block", [block for page in PAGES_OF_REQUESTS for block in blocks(page) if "curl" in block.code], ids=str
)
def test_every_request_of_a_page_gets_the_answer_beside_it(
    block: Block, tmp_path: Path, bundled_port: int
) -> None:
    with ExitStack() as servers:
        output = Clone(tmp_path, {PUBLISHED_PORT: bundled_port}, servers).run(block)
    assert block.answer is not None, f"{block} has no answer beside it"
    if isinstance(block.answer, str):
        assert without_figures(output) == without_figures(block.answer)
    else:
        assert matched(json.loads(output)) == matched(block.answer)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in headings(file), f"{page.name} links to {target}"


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_uses_verbs_and_options_that_exist(page: Path) -> None:
    commands: Mapping[str, Any] = getattr(get_command(build_app()), "commands")  # noqa: B009  # a click group
    lines = re.findall(
        r"(?:^|\s|`|/)textcnn ([a-z]+)((?: [^\n`#]*)?)", page.read_text(encoding="utf-8").replace("\\\n", " ")
    )
    for verb, rest in lines:
        if verb not in commands:
            assert not re.search(r"\s--", rest), f"{page.name}: textcnn {verb}"
            continue
        verbs = (commands[verb], *getattr(commands[verb], "commands", {}).values())
        options = [option for each in verbs for option in each.params]
        known = {name for option in options for name in (*option.opts, *option.secondary_opts)}
        used = set(re.findall(r"(?<=\s)--[a-z-]+", rest))
        assert used <= known | {"--help"}, f"{page.name}: textcnn {verb}"


@pytest.mark.parametrize("page", PAGES_WITH_TABLES, ids=lambda page: page.name)
def test_the_tables_of_figures_are_those_of_the_committed_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == render(text), "run `python -m benchmarks.tables`"


def table(page: str, *head: str) -> dict[str, list[str]]:
    """The rows of all tables of a page that have this head: the first cell's code, and the other cells."""
    rows: dict[str, list[str]] = {}
    inside = False
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        inside = bool(cells) and (inside or cells == list(head))
        code = re.match(r"`([^`]+)`", cells[0]) if inside else None
        if code:
            assert code[1] not in rows, f"{page} tells of {code[1]} twice"
            rows[code[1]] = cells[1:]
    assert rows, f"{page} has no table with the head {head}"
    return rows


def as_json(value: object) -> str:
    return f"`{json.dumps(value)}`"


def test_the_recipe_page_tells_of_every_key_with_its_default_and_values() -> None:
    rows = table("training.md", "key", "default", "values", "meaning")
    defaults = Recipe().model_dump(mode="json")
    assert rows.keys() == defaults.keys()
    schema = Recipe.model_json_schema()["properties"]
    for key, (default, values, _) in rows.items():
        assert default == as_json(defaults[key]), key
        for choice in choices(schema[key]):
            assert f'"{choice}"' in values, key


def choices(schema: object) -> Iterator[str]:
    """Every string that a JSON schema allows by name."""
    if isinstance(schema, dict):
        yield from schema.get("enum", [])
        if isinstance(schema.get("const"), str):
            yield schema["const"]
        for value in schema.values():
            yield from choices(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from choices(value)


def test_the_model_page_tells_of_every_key_of_the_configuration_with_its_default() -> None:
    network = NetworkConfig(vocabulary_size=2, outputs=2)
    config = ModelConfig(labels=("a", "b"), network=network).to_dict()
    given = {"labels", "network", "vocabulary_size", "outputs"}
    defaults = {**config, **config["network"], "format_version": FORMAT_VERSION}
    rows = table("model-directory.md", "key", "default", "meaning")
    assert rows.keys() == defaults.keys()
    for key, (default, _) in rows.items():
        assert default == ("" if key in given else as_json(defaults[key])), key


def test_the_model_page_tells_of_every_file_that_training_writes(tmp_path: Path) -> None:
    out = tmp_path / "mood"
    events = trained_events(tmp_path, out)
    assert {file.name for file in out.iterdir()} == table(
        "model-directory.md", "file", "holds", "needed to classify"
    ).keys()
    told = table("training.md", "event", "keys beside `event`", "when")
    assert events.keys() == told.keys()
    for event, keys in events.items():
        named = told[event][0].split(";")[0]
        assert keys == set(re.findall(r"`([^`]+)`", named)), event


def trained_events(directory: Path, out: Path) -> dict[str, set[str]]:
    """The keys that each kind of event has somewhere in a small training."""
    corpus = directory / "corpus.csv"
    with corpus.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("text", "label"), *((f"{mood} day {n}", mood) for n in range(20) for mood in ("good", "bad"))]
        )
    choices = ("epochs=1", "embedding_dim=8", "filters=4", "widths=[1]", "batch_size=8")
    settings = [word for choice in choices for word in ("--set", choice)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonReporter, "interval", 0.0)
        result = CliRunner().invoke(
            build_app(), ["train", str(corpus), "--out", str(out), "--json", *settings]
        )
    assert result.exit_code == 0, result.output
    keys: dict[str, set[str]] = {}
    for line in map(json.loads, result.output.splitlines()):
        keys.setdefault(line.pop("event"), set()).update(line)
    return keys


def test_the_corpora_page_tells_of_every_format() -> None:
    rows = table("corpora.md", "format", "suffixes", "a row")
    assert rows.keys() == {*FORMATS, "hf:NAME"}
    for name, each in FORMATS.items():
        if each.endings:
            assert rows[name][0] == ", ".join(f"`{ending}`" for ending in each.endings)


def test_the_corpora_page_tells_of_every_finding_with_its_severity() -> None:
    def row(line: int, text: str, label: str) -> Row:
        return Row(line, text, (label,), "corpus.csv")

    rows = [
        row(1, "fine weather", "good"),
        row(2, "fine weather", "bad"),
        row(3, "Fine weather!", "Good"),
        row(4, " ", "good"),
        row(5, "broken \ufffd text", "bad"),
        Row(6, "which label?", (), "corpus.csv"),
    ]
    tests = [row(1, "fine weather", "good"), row(2, "rain", "wet")]
    encoded = [row(7, "a", "[x]"), row(8, "b", "nan"), row(9, "c", "a__label__b"), row(10, "d", "x;y")]
    encoded.append(row(11, "e", "y;x"))
    places = [Row(12, "f", ("0", "1"), "corpus.csv")]
    reports = (
        lint_rows(rows, tests),
        lint_rows(rows[:1]),
        lint_rows(encoded),
        lint_rows(places, other_annotators=["second"]),
        lint_rows(rows[:1], unlabelled=[UnlabelledError("has no label", file="corpus.csv", line=2)]),
    )
    found = {finding.kind: finding.severity for report in reports for finding in report.findings}
    told = table("corpora.md", "finding", "severity", "what")
    assert {kind: severity for kind, (severity, _) in told.items()} == found


def test_the_onnx_page_tells_of_every_input_output_and_key(model_dir: Path, tmp_path: Path) -> None:
    export_onnx(ModelDirectory(model_dir), tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    arrays = [*model.graph.input, *model.graph.output]
    assert [each.name for each in arrays] == [*table("onnx.md", "name", "type", "shape", "what")]
    assert [each.key for each in model.metadata_props] == [*table("onnx.md", "key", "what")]
