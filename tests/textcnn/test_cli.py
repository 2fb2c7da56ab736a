from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from textcnn import cli
from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory, write_json, write_manifest
from textcnn.errors import MissingExtraError, ModelError
from textcnn.pages.terminal import visible

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
    assert visible("a\xa0b") == "a\xa0b"


STEERING = "\x1b[2J\x9b2J\x07\x7f\x08"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.mark.slow
def test_no_control_character_of_a_text_a_file_or_a_name_reaches_the_terminal(
    model_dir: Path, tmp_path: Path
) -> None:
    model = tmp_path / f"model{STEERING}"
    shutil.copytree(model_dir, model)
    config = json.loads((model / "config.json").read_bytes())
    config["labels"][0] += STEERING
    write_json(model / "config.json", config)
    write_manifest(model)
    corpus = tmp_path / f"corpus{STEERING}.csv"
    corpus.write_text(
        f"text,label\na good film,good{STEERING}\nbad{STEERING},bad\n你好,其他\n", encoding="utf-8"
    )
    text = f"a good film{STEERING}"
    runs = [
        ("classify", model, text),
        ("classify", model, text, "--json"),
        ("classify", model, corpus),
        ("classify", model, "--input", corpus, "--output", tmp_path / f"out{STEERING}.csv", "--prefix", "a_"),
        ("classify", model, "--input", corpus, "--output", tmp_path / f"out{STEERING}.csv"),
        ("classify", STEERING, text),
        ("evaluate", model, corpus),
        ("errors", model, corpus),
        ("explain", model, text),
        ("explain", model, text, "--json"),
        ("inspect", model),
        ("filters", model, "--corpus", corpus),
        ("models", tmp_path),
        ("lint", corpus),
        ("lint", corpus, "--json"),
        ("repo", "export", "spam", "live", "--out", tmp_path / f"a{STEERING}.gz", "--data-dir", tmp_path),
    ]
    for words in runs:
        done = textcnn(*words)
        assert (done.stdout + done.stderr).strip()
        assert CONTROL.findall((done.stdout + done.stderr).decode()) == [], words


@pytest.mark.parametrize(
    "words",
    [
        (f"--{STEERING}",),
        (STEERING,),
        ("classify", f"--{STEERING}"),
        ("errors", "a", "b", f"c{STEERING}"),
        ("errors", "a", "b", "--top", STEERING),
        ("repo", STEERING),
        ("repo", "prune", "films", "--keep", STEERING),
        ("repo", "export", "films", "live", "--out", "a", STEERING),
        ("train", "a", "--out", "b", "--device", f"x{STEERING}", "--epochs", STEERING),
    ],
)
def test_a_command_line_that_cannot_be_read_steers_no_terminal(words: tuple[str, ...]) -> None:
    done = textcnn(*words)
    assert done.returncode == 2
    assert done.stderr
    assert CONTROL.findall((done.stdout + done.stderr).decode()) == [], words


def test_verbs_write_by_what_makes_control_characters_visible() -> None:
    root = Path(__file__).parent.parent.parent
    allowed = {"terminal.write_line", "terminal.say", "terminal.write_json"}
    for room in ("textcnn", "training", "service"):
        for file in (root / room / "commands").glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    assert name not in ("print", "typer.echo", "typer.secho"), f"{file}: say {allowed}"


NEEDS_A_SHELL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")


@NEEDS_A_SHELL
@pytest.mark.parametrize("words", ["classify {model} good", "--help"])
@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        (">/dev/full", "textcnn: error: The output cannot be written: No space left on device.\n"),
        (">&-", "textcnn: error: The output cannot be written: Bad file descriptor.\n"),
        (">/dev/full 2>/dev/full", ""),
        (">&- 2>&- <&-", ""),
    ],
)
def test_an_output_that_takes_nothing_is_told_in_a_line(
    model_dir: Path, words: str, redirected: str, said: str
) -> None:
    command = f"{sys.executable} -m textcnn {words.format(model=model_dir)} {redirected}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (2, "", said)


def test_closed_streams_do_not_end_up_in_a_file(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\na good film\n", encoding="utf-8")
    files = f"--input {tmp_path}/in.csv --output {tmp_path}/out.csv"
    command = f"{sys.executable} -m textcnn classify {model_dir} {files} <&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0
    assert (
        (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("text,label,score,error\na good film,")
    )


@pytest.mark.parametrize(
    "name", ["manifest.json", "config.json", "metrics.json", "training.json", "tokens.json"]
)
@pytest.mark.parametrize("content", [b"[]", b"5", b"{", b"\xff"])
def test_a_file_of_a_model_that_is_none_is_a_line_for_every_verb(
    model_dir: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    model = tmp_path / "model"
    shutil.copytree(model_dir, model)
    (model / name).write_bytes(content)
    if name != "manifest.json":
        write_manifest(model)
    for verb in (("classify", model, "x"), ("inspect", model), ("explain", model, "x"), ("models", model)):
        result = CliRunner().invoke(cli.build_app(), list(map(str, verb)))
        assert result.exception is None or isinstance(result.exception, ModelError), verb


def test_a_card_that_is_no_text_is_shown_as_far_as_it_is(model_dir: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(model_dir, model)
    (model / "README.md").write_bytes(b"good \xff\xfe")
    assert ModelDirectory(model).card().startswith("good ")


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
