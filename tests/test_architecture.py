"""The shape of the whole: which package may import which, and what the packages export."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import textcnn
from textcnn import training

ROOT = Path(__file__).parent.parent
SIBLINGS = {"textcnn": set[str](), "training": {"textcnn"}, "service": {"textcnn"}}
HEAVY = {"torch", "numba", "datasets", "pyarrow", "matplotlib", "fastapi", "uvicorn", "numpy", "tokenizers"}


def imports(file: Path, *, top_level_only: bool = False) -> set[str]:
    """The modules that a file imports at run time."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    nodes = tree.body if top_level_only else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("package", SIBLINGS)
def test_packages_import_only_in_the_direction_of_the_flow(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        others = {name.split(".")[0] for name in imports(file)} & (set(SIBLINGS) - {package})
        assert others <= SIBLINGS[package], f"{file.relative_to(ROOT)} imports {others}"


def test_the_network_alone_imports_pytorch_in_what_everybody_installs() -> None:
    files = [file for package in ("textcnn", "service") for file in (ROOT / package).rglob("*.py")]
    users = {file.name for file in files if any(name.split(".")[0] == "torch" for name in imports(file))}
    assert users == {"network.py"}


def test_nothing_but_training_imports_the_network() -> None:
    for package in ("textcnn", "service"):
        for file in (ROOT / package).rglob("*.py"):
            assert "textcnn.network.network" not in imports(file), file


def test_verbs_are_light_at_import_so_that_help_is_fast() -> None:
    for file in [ROOT / "textcnn" / "cli.py", *ROOT.glob("*/commands/*.py")]:
        heavy = {name.split(".")[0] for name in imports(file, top_level_only=True)} & HEAVY
        assert not heavy, f"{file.relative_to(ROOT)} imports {heavy} at its top"


def test_exported_names_are_these_and_all_exist() -> None:
    assert textcnn.__all__ == [
        "ModelConfig",
        "ModelDirectory",
        "NetworkConfig",
        "Prediction",
        "TextCNNError",
        "TextClassifier",
        "bundled_models",
        "fit",
    ]
    assert training.__all__ == ["Recipe", "fit", "train"]
    for package in (textcnn, training):
        for name in package.__all__:
            assert getattr(package, name) is not None
        with pytest.raises(AttributeError):
            _ = package.no_such_name
