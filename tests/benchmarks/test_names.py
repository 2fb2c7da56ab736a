from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from benchmarks.machine import RESULTS
from benchmarks.names import BENCHMARKS, BY_TESTS, names_to_run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_is_a_module_that_can_be_run(name: str) -> None:
    tree = ast.parse((ROOT / f"benchmarks/{name}.py").read_text(encoding="utf-8"))
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_result_and_every_command_of_the_docs_is_that_of_a_benchmark() -> None:
    assert {file.stem for file in RESULTS.glob("*.json")} <= BENCHMARKS.keys() | {*BY_TESTS}
    pages = [ROOT / "Makefile", ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("runs/*.sh")]
    commands = re.findall(
        r"python -m benchmarks((?: [a-z_]+)+)", "".join(each.read_text(encoding="utf-8") for each in pages)
    )
    first_names = {command.split()[0] for command in commands}
    assert first_names
    assert first_names <= BENCHMARKS.keys() | {"proof"}


def test_without_a_name_all_run_but_those_apart() -> None:
    apart = {"image", "before_after"}
    assert names_to_run([]) == [name for name in BENCHMARKS if name not in apart]
    assert names_to_run(["image", "kim"]) == ["image", "kim"]
    proof = ["evidence", "load", "soak", "drain", "fuzz", "loop", "console"]
    assert names_to_run(["proof"]) == proof
    with pytest.raises(SystemExit, match="no benchmark 'nothing'"):
        names_to_run(["kim", "nothing"])
