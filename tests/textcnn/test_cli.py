from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from textcnn import cli
from textcnn.classifier import TextClassifier
from textcnn.errors import MissingExtraError
from textcnn.pages.terminal import visible

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("torch", "numba", "fastapi", "datasets", "matplotlib", "pyarrow", "numpy", "pydantic", "tokenizers")


def textcnn(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command as a shell runs it."""
    command = [sys.executable, "-m", "textcnn", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def output(*arguments: str | Path, stdin: bytes = b"") -> str:
    """Standard output of a verb that runs in this process."""
    result = CliRunner().invoke(cli.build_app(), list(map(str, arguments)), input=stdin)
    if result.exception:
        raise result.exception
    return result.stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom textcnn.cli import main\nsys.argv = ['textcnn', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stderr.decode().strip() == "[]"
    for verb in cli.OWN_VERBS:
        assert verb in done.stdout.decode()


def test_version_is_that_of_the_package() -> None:
    assert output("--version").startswith("textcnn ")


def test_an_error_is_one_line_and_exit_code_2() -> None:
    done = textcnn("classify", "no-such-model", "text")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"textcnn: error: There is no model 'no-such-model'")
    assert done.stderr.count(b"\n") == 1


def test_the_reader_of_the_output_may_go_away(model_dir: Path) -> None:
    command = [sys.executable, "-m", "textcnn", "classify", str(model_dir)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"a good film\n")
        process.stdin.flush()
        assert process.stdout.readline()  # the answer comes before the input ends
        process.stdout.close()
        process.stdin.write(b"a good film\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_a_broken_plugin_harms_no_other_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks_extra() -> None:
        raise MissingExtraError("This", "train")

    entries = [
        EntryPoint("wreck", "no_such_module:verb", cli.PLUGINS),
        EntryPoint("train", "somewhere:verb", cli.PLUGINS),
        EntryPoint("models", "no_such_module:verb", cli.PLUGINS),  # ours stays
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: entries)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: lacks_extra() if entry.name == "train" else 1 / 0)
    assert "wreck" in output("--help")
    assert output("models", "--json").startswith("[")
    with pytest.raises(Exception, match=r"The verb 'wreck' .* cannot be loaded: ZeroDivisionError"):
        output("wreck", "--any", "option")
    with pytest.raises(MissingExtraError, match="train"):
        output("train")


def test_a_plugin_may_be_an_app_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    app.command("list")(lambda: typer.echo("nothing"))
    app.command("drop")(lambda: None)
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda **_: [EntryPoint("jobs", "x:app", cli.PLUGINS)]
    )
    monkeypatch.setattr(EntryPoint, "load", lambda _: app)
    assert output("jobs", "list") == "nothing\n"


def test_a_label_cannot_steer_the_terminal() -> None:
    assert visible("\x1b[2Jred 好") == "\N{REPLACEMENT CHARACTER}[2Jred 好"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            PermissionError(13, "Permission denied", "model/config.json"),
            2,
            "model/config.json: Permission denied.",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_is_no_bug_shows_no_traceback(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(TextClassifier, "load", fail)
    monkeypatch.setattr(sys, "argv", ["textcnn", "classify", "model", "text"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    assert capsys.readouterr().err == (f"textcnn: error: {said}\n" if said else "")
