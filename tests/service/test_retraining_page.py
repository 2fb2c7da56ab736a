"""docs/retraining.md walks through the loop; its lines are run as they stand, one after the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from textcnn.service.http.retraining_schemas import TrainForm
from textcnn.service.jobs.job import ENDED, RUNNING, WAITING
from textcnn.service.retraining import gate, salted_split

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

PAGE = (Path(__file__).parents[2] / "docs" / "retraining.md").read_text(encoding="utf-8")
WALK = "".join(
    block for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "curl" in block
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the lines are for people with curl")
def test_the_walk_leads_where_the_page_says(tmp_path: Path, write_corpus: Callable[..., Path]) -> None:
    pytest.importorskip("torch", reason="training needs the extra 'train'")
    write_corpus(tmp_path / "films.csv", 1, rows=400)
    settings = {"TEXTCNN_WORKER": "true", "TEXTCNN_ACCESS_LOG": "0", "TEXTCNN_KEEP_ANSWERS": "true"}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **settings}
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--model", "spam"]
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path / "data")], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            lines = [
                line + "; echo\n" if line.startswith("curl") else line + "\n" for line in WALK.splitlines()
            ]
            done = subprocess.run(
                ["sh", "-euc", "".join(lines).replace("localhost:8000", found[0])],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=250,
                check=False,
            )
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    errors = [answer for answer in answers if answer.get("code")]
    assert errors == []
    job = next(answer for answer in answers if answer.get("kind") == "train")
    assert job["state"] == "done", job
    versions = next(answer for answer in answers if "versions" in answer)
    assert versions["live"] == job["report"]["version"]
    promoted, rolled_back = (answer for answer in answers if "origin" in answer)
    assert promoted["live"]
    assert rolled_back["version"] == versions["live"]
    labelled = (tmp_path / "labelled.csv").read_text().splitlines()
    assert len(labelled) == 401
    assert "score" in labelled[0]


def test_every_route_of_the_loop_is_in_the_walk(client: TestClient) -> None:
    documented = client.get("/openapi.json").json()["paths"]
    for path, ways in documented.items():
        if any("loop" in way.get("tags", ()) for way in ways.values()):
            shape = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
            assert re.search(re.sub(r"\{\w+\}", r"[\\w$-]+", shape), WALK), path


def test_every_field_and_state_is_told() -> None:
    fields = msgspec.json.schema(TrainForm)["$defs"]["TrainForm"]["properties"]
    for word in (*fields, *ENDED, WAITING, *RUNNING):
        assert f"`{word}`" in PAGE, word


def test_the_bounds_of_the_gate_are_those_that_hold() -> None:
    prose = " ".join(PAGE.split())
    for said in (
        f"lower by more than {100 * gate.MARGIN:.0f} point",
        f"fall by more than {100 * gate.COLLAPSE:.0f} points",
        f"error may be {gate.CALIBRATION:.2f}, or {gate.WORSE_CALIBRATION:.2f} above",
        f"more than {100 * gate.UNLEARNED:.0f} points below",
        f"fewer than {gate.FEWEST_ROWS} rows",
        f"compared on ({100 * salted_split.EVALUATION_SHARE:.0f} %)",
        f"validated on ({100 * salted_split.VALIDATION_SHARE:.0f} %)",
    ):
        assert said in prose, said
