"""The wheel: whole, one import name, and at work beside packages of a user's own of the same names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import time
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.service.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
LINKED = ("training", "service")
SECONDS = 150


def run(*command: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to succeed."""
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | settings
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, which is built from the checkout."""
    directory = tmp_path_factory.mktemp("packages")
    hatch = (sys.executable, "-m", "hatchling", "build", "--directory", directory)
    run(*hatch, "--target", "sdist", cwd=ROOT)
    with tarfile.open(next(directory.glob("*.tar.gz"))) as archive:
        archive.extractall(directory, filter="data")
    (source,) = (path for path in directory.iterdir() if path.is_dir())
    run(*hatch, "--target", "wheel", cwd=source)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, and of this test run its libraries alone.

    What a `.pth` file names is searched, but `.pth` files there are not read: so not the editable install.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel, cwd=home)
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", asked, cwd=home).stdout.strip())
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with packages `training` and `service` of its own, which nobody of ours may import."""
    directory = tmp_path_factory.mktemp("project")
    for name in LINKED:
        (directory / name).mkdir()
        (directory / name / "__init__.py").write_text(f"raise RuntimeError('the user’s {name}')\n")
    return directory


@pytest.fixture(scope="module")
def textcnn(python: Path, project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m textcnn` in the project, where the working directory is searched first."""
    return lambda *arguments: run(python, "-m", "textcnn", *arguments, cwd=project)


def test_the_wheel_holds_every_file_and_one_name(wheel: Path) -> None:
    tracked = run("git", "ls-files", "textcnn", *LINKED, cwd=ROOT).stdout.splitlines()
    expected = {
        path if path.startswith("textcnn/") else f"textcnn/{path}"
        for path in tracked
        if not (ROOT / path).is_symlink()
    }
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert files == expected


def test_a_users_own_packages_of_our_names_stay_the_users(python: Path, project: Path) -> None:
    code = (
        "import textcnn, textcnn.training, textcnn.service\n"
        "from textcnn import TextClassifier, fit\n"
        "print(textcnn.__file__, TextClassifier.load('sentiment').classify('A warm, funny film.').label)\n"
    )
    place, label = run(python, "-c", code, cwd=project, TEXTCNN_NO_JIT="1").stdout.split()
    assert not Path(place).is_relative_to(ROOT)
    assert label == "positive"


def test_without_its_libraries_fit_names_the_extra(python: Path, project: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from textcnn import TextClassifier\n"
        "from textcnn.errors import MissingExtraError\n"
        "try:\n    from textcnn import fit\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    said = run(python, "-c", code, cwd=project).stdout
    assert said == "Training needs the extra 'train': pip install 'textcnn[train]'\n"


def test_it_lints_and_trains_twice_at_once(
    textcnn: Callable[..., subprocess.CompletedProcess[str]],
    write_corpus: Callable[..., Path],
    project: Path,
) -> None:
    corpus = write_corpus(project / "corpus.csv", 1, rows=2_600)
    assert "2,600" in textcnn("lint", corpus).stdout
    said = textcnn(
        "train", corpus, "--out", "model", "--set", "init=rand", "--set", "epochs=3", "--json"
    ).stdout
    notes = [line["text"] for line in map(json.loads, said.splitlines()) if line.get("event") == "note"]
    assert any(note.startswith("meanwhile training a second time") for note in notes), notes
    assert not [note for note in notes if "ended with exit code" in note or "training again" in note]
    assert json.loads((project / "model" / "metrics.json").read_text(encoding="utf-8"))["accuracy"] > 0.9


def test_it_serves_trains_and_labels_files_as_jobs(
    python: Path, write_corpus: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    corpus = write_corpus(tmp_path / "corpus.csv", 2)
    data, log = str(tmp_path / "data"), tmp_path / "log"
    with (
        serving(None, log, python=str(python), cwd=project, data_dir=data, worker="true") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        assert client.post("/v1/classify", json={"text": "A warm film."}).json()["label"] == "positive"
        form = {"init": "scratch", "promote": "always", "recipe": '{"epochs": 2}'}
        with corpus.open("rb") as file:
            queued = client.post("/v1/models/mine/train", data=form, files={"corpus": ("corpus.csv", file)})
        assert finished(client, queued)["report"]["live"] is True
        with corpus.open("rb") as file:
            fields = {"model": "mine", "output_format": "jsonl", "prefix": "given_"}
            queued = client.post("/v1/files", data=fields, files={"file": ("corpus.csv", file)})
        job = finished(client, queued)
        labelled = client.get(f"/v1/jobs/{job['id']}/result").text.splitlines()
    assert len(labelled) == 1_100
    assert {"good", "bad"} >= {json.loads(line)["given_label"] for line in labelled}


def finished(client: httpx.Client, queued: httpx.Response) -> dict[str, Any]:
    """The job once it is done."""
    assert queued.status_code == 202, queued.text
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        job: dict[str, Any] = client.get(queued.headers["location"]).json()
        if job["finished_at"] is not None:
            assert job["state"] == "done", job
            return job
        time.sleep(0.2)
    raise AssertionError(job)
