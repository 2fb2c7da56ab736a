"""Mistakes that PyTorch is not needed for are told before it is imported: that alone takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from textcnn.errors import MissingExtraError
from textcnn.training.commands.installed import require_installed

HEAVY = ("torch", "numpy", "datasets", "transformers", "sklearn", "optuna", "cleanlab")
SCRIPT = """
import contextlib, io, json, sys
from textcnn.cli import main
for line in json.loads(sys.argv[1]):
    sys.argv, code, said = ["textcnn", *line.split()], None, io.StringIO()
    before = set(sys.modules)
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            code = end.code
    imported = sorted(set(HEAVY) & (set(sys.modules) - before))
    print(json.dumps([code, said.getvalue(), imported]))
""".replace("HEAVY", repr(HEAVY))
CASES = [
    ("train rows.csv", "--out DIR"),
    ("train rows.csv --out taken", "taken exists"),
    ("train nothing.csv --out m", "nothing.csv: no such file"),
    ("train rows.csv --out m --test nothing.csv", "nothing.csv: no such file"),
    ("train rows.csv --out m --text-column body", "no column 'body'"),
    ("train damaged.csv --out m", "damaged.csv:42"),
    ("train rows.csv --out m --set lr=1", "did you mean learning_rate"),
    ("train rows.csv --out m --set epochs=0", "epochs is 0"),
    ("train rows.csv --out m --recipe nothing.toml", "nothing.toml cannot be read"),
    ("tune nothing.csv", "nothing.csv: no such file"),
    ("tune rows.csv --set lr=1", "did you mean learning_rate"),
    ("tune rows.csv --minutes 0", "--minutes is 0"),
    ("audit rows.csv --out taken.csv", "taken.csv exists"),
    ("audit nothing.csv", "nothing.csv: no such file"),
    ("teach rows.csv --encoder e --out taken", "taken exists"),
    ("teach nothing.csv --encoder e --out t", "nothing.csv: no such file"),
    ("teach rows.csv --encoder e --out t --epochs 0", "--epochs"),
    ("distill rows.csv --teacher t --out taken", "taken exists"),
    ("distill nothing.csv --teacher t --out m", "nothing.csv: no such file"),
    ("distill rows.csv --teacher t --out m --hard 2", "--hard takes 0 to 1"),
    ("distill rows.csv --teacher t --out m --set lr=1", "did you mean learning_rate"),
    ("lint nothing.csv", "nothing.csv: no such file"),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, list[str]]]:
    """For each command line its exit code, its complaint and the heavy libraries that it imported.

    All run in one process, beside a corpus, a damaged one, and outputs that exist.
    """
    place = tmp_path_factory.mktemp("place")
    (place / "rows.csv").write_text("text,label\n" + "good,a\nbad,b\n" * 20)
    (place / "damaged.csv").write_text("text,label\n" + "good,a\nbad,b\n" * 20 + "bad,\n")
    (place / "taken").mkdir()
    (place / "taken" / "file").write_text("x")
    (place / "taken.csv").write_text("x")
    command = [sys.executable, "-c", SCRIPT, json.dumps([line for line, _ in CASES])]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True)
    return dict(zip([line for line, _ in CASES], map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize(("line", "words"), CASES)
def test_a_mistake_is_told_without_pytorch(
    outcomes: dict[str, tuple[int, str, list[str]]], line: str, words: str
) -> None:
    code, said, imported = outcomes[line]
    assert words in said
    assert (code, imported) == (2, [])


def test_a_library_that_is_not_installed_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    require_installed("Training", "train", "torch")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="Training needs the extra 'train'"):
        require_installed("Training", "train", "torch")
