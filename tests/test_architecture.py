"""The shape of the whole: arrows, rooms, names, how docstrings begin, and what the packages export."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import textcnn
from textcnn import service, training

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
PACKAGES = {"textcnn": set[str](), "textcnn.training": {"textcnn"}, "textcnn.service": {"textcnn"}}
"""Each package, and which others it may import."""
FOLDERS = {"textcnn": "textcnn", "training": "textcnn.training", "service": "textcnn.service"}
"""The folders at the top of the tree, by the names that they are imported as."""
DOORS = {"textcnn/__init__.py", "textcnn/sklearn.py"}
"""The files of `textcnn` that name `textcnn.training`, inside functions."""
HEAVY = {"torch", "numba", "datasets", "pyarrow", "matplotlib", "fastapi", "uvicorn", "numpy", "tokenizers"}
MOST_SIBLINGS = 25
VERBS_AND_PAGES = {"commands", "pages"}
"""Rooms whose files are named after what they are about, as another room's file may be."""
BARE = re.compile(r"(?:^|[\s'\"])(?:-m|import|from)\s+(?:training|service)(?=[\s.'\"]|$)")
"""Code in a string that names one of the folders as a package of its own."""


class Import(NamedTuple):
    """One name that a file imports."""

    module: str
    name: str
    for_types: bool
    """Under `TYPE_CHECKING`: not made when the program runs."""
    at_top: bool


def module_of(path: str) -> str:
    """The dotted name that a file of the checkout is imported as."""
    folder, _, rest = path.removesuffix(".py").removesuffix("/__init__").partition("/")
    return ".".join([FOLDERS.get(folder, folder), *filter(None, rest.split("/"))])


def package_of(module: str) -> str | None:
    """The package that a module belongs to; None for a library."""
    return next(
        (name for name in sorted(PACKAGES, reverse=True) if f"{module}.".startswith(f"{name}.")), None
    )


@cache
def imports_of(source: str) -> list[Import]:
    """Every import in a program."""
    tree = ast.parse(source)
    guards = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    for_types = {id(child) for guard in guards for child in ast.walk(guard)}
    found = []
    for node in ast.walk(tree):
        told = (id(node) in for_types, node in tree.body)
        if isinstance(node, ast.Import):
            found += [Import(alias.name, "", *told) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [Import(node.module or "", alias.name, *told) for alias in node.names]
    return found


def wrong_arrows(path: str, source: str) -> list[str]:
    """The modules that a file imports, or names in a string, against the direction of the flow."""
    package = package_of(module_of(path))
    wrong = []
    for each in imports_of(source):
        if each.module.split(".")[0] in FOLDERS.keys() - {"textcnn"}:
            wrong.append(each.module)
        for target in {package_of(each.module), package_of(f"{each.module}.{each.name}")} - {None, package}:
            allowed = PACKAGES[package] if package else set(PACKAGES)
            door = path in DOORS and target == "textcnn.training" and (each.for_types or not each.at_top)
            if target not in allowed and not door:
                wrong.append(f"{each.module}.{each.name}")
    for text in strings_of(source):
        wrong += BARE.findall(text)
        if re.fullmatch(r"(training|service)(\.\w+)+", text) and any(
            (ROOT / "/".join(text.split(".")[:2])).with_suffix(ending).exists() for ending in ("", ".py")
        ):
            wrong.append(text)
        target = package_of(text) if re.fullmatch(r"textcnn(\.\w+)+", text) else None
        if package and target not in {None, package, *PACKAGES[package]} and path not in DOORS:
            wrong.append(text)
    return wrong


def strings_of(source: str) -> list[str]:
    """The strings of a program that are values, and so may name a module; a docstring is none."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


@cache
def sources(*folders: str) -> dict[str, str]:
    """The text of each file of these folders, by its path from the root."""
    return {
        str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
        for folder in folders or FOLDERS
        for file in sorted((ROOT / folder).rglob("*.py"))
        if not any(parent.is_symlink() for parent in file.parents)
    }


@cache
def arrows() -> set[tuple[str, str]]:
    """The files that each file imports, for its types too, but for `__init__` files, which only re-export."""
    files = {module_of(path): path for path in sources() if not path.endswith("__init__.py")}
    found = set()
    for path, source in sources().items():
        for each in imports_of(source):
            target = files.get(f"{each.module}.{each.name}") or files.get(each.module)
            if target and path.rpartition("/")[2] != "__init__.py":
                found.add((path, target))
    return found


def rooms_of(path: str) -> list[str]:
    """The folders and at last the file that a path goes through, within its package."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts) + 1)]


def circles(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows that cannot be put in an order: empty where nothing leads back to itself."""
    left = {(start, end) for start, end in pairs if start != end}
    while left:
        tails = {start for start, _ in left}
        heads = {end for _, end in left}
        fewer = {(start, end) for start, end in left if end in tails and start in heads}
        if fewer == left:
            break
        left = fewer
    return sorted(left)


@pytest.mark.parametrize("folder", [*FOLDERS, "tests", "benchmarks", "runs", "deploy"])
def test_packages_import_only_in_the_direction_of_the_flow(folder: str) -> None:
    wrong = {
        path: arrows for path, source in sources(folder).items() if (arrows := wrong_arrows(path, source))
    }
    wrong.pop("tests/test_architecture.py", None)  # it plants some
    assert not wrong


@pytest.mark.parametrize(
    ("path", "planted"),
    [
        ("service/app.py", "from textcnn.training import fit"),
        ("service/app.py", "from textcnn import training"),
        ("service/app.py", "def f():\n    import textcnn.training.train"),
        ("service/app.py", "import_module('textcnn.training.train')"),
        ("service/app.py", "run([python, '-m', 'textcnn.training.refit'])"),
        ("training/train.py", "from textcnn.service.settings import Settings"),
        ("textcnn/classifier.py", "from textcnn.service.app import create_app"),
        ("textcnn/classifier.py", "def f():\n    from textcnn.training import fit"),
        ("textcnn/__init__.py", "from textcnn.training import fit"),
        ("training/train.py", "import training"),
        ("training/train.py", "from training.recipe import Recipe"),
        ("service/jobs/worker.py", "run([python, '-m', 'service.jobs.labelling_child'])"),
        ("service/jobs/worker.py", "run('python -m training.refit')"),
        ("tests/test_docs.py", "monkeypatch.setattr('training.refit.WORTH', 0)"),
        ("tests/test_docs.py", "run([python, '-c', 'import sys; from service import app'])"),
    ],
)
def test_a_wrong_arrow_is_found(path: str, planted: str) -> None:
    assert wrong_arrows(path, planted)


def test_a_right_arrow_is_let_through() -> None:
    for path, source in [
        ("service/app.py", "from textcnn.classifier import TextClassifier\nprefix = 'training'"),
        ("training/train.py", "from textcnn import TextClassifier\nimport textcnn.recipe"),
        ("textcnn/__init__.py", "if TYPE_CHECKING:\n    from textcnn.training.train import fit"),
        ("tests/test_docs.py", "from textcnn import service, training"),
    ]:
        assert not wrong_arrows(path, source)


def test_no_arrow_leads_back() -> None:
    """Neither between files, nor between rooms and the files beside them: each stands on what it imports."""
    assert not circles(arrows())
    between = set()
    for start, end in arrows():
        # Where two paths part, the rooms at that place are neighbours.
        pairs = zip(rooms_of(start), rooms_of(end), strict=False)
        between |= {pair for pair in [next((pair for pair in pairs if pair[0] != pair[1]), None)] if pair}
    assert not circles({(start, end) for start, end in between if start.split("/")[0] == end.split("/")[0]})


def test_circles_are_found() -> None:
    assert circles([("a", "b"), ("b", "c"), ("c", "b")]) == [("b", "c"), ("c", "b")]
    assert circles([("a", "b"), ("b", "c"), ("a", "c")]) == []


def test_rooms_are_small() -> None:
    siblings = defaultdict(set)
    for path in sources():
        for room in rooms_of(path):
            siblings[room.rpartition("/")[0]].add(room)
    assert not {room: len(files) for room, files in siblings.items() if len(files) > MOST_SIBLINGS}


def test_no_two_files_share_a_name() -> None:
    faces = {"__init__.py", "__main__.py"}
    paths = [Path(path) for path in sources() if not VERBS_AND_PAGES & set(Path(path).parts)]
    names = Counter(path.name for path in paths if path.name not in faces)
    assert not {name for name, count in names.items() if count > 1}


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(
        node.name
        for source in sources().values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not {name for name, count in classes.items() if count > 1}


def test_docstrings_name_the_thing_or_begin_with_a_verb() -> None:
    begin_with_what = [
        f"{path}:{node.lineno}"
        for path, source in sources(*FOLDERS, "tests", "benchmarks", "runs", "deploy").items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and re.match(r"What(ever)?\b", str(node.value.value))
    ]
    assert not begin_with_what


def test_tests_have_the_rooms_of_the_source() -> None:
    rooms = {str(Path(path).parent) for path in sources()}
    without_code = {"service/storage/migrations", "service/storage/migrations/versions"}
    missing = {room for room in rooms - without_code if not [*(ROOT / "tests" / room).glob("test_*.py")]}
    assert not missing


def test_the_network_alone_imports_pytorch_in_what_everybody_installs() -> None:
    users = {
        path
        for path, source in sources("textcnn", "service").items()
        if any(each.module.split(".")[0] == "torch" and not each.for_types for each in imports_of(source))
    }
    assert users == {"textcnn/network/network.py"}


def test_nothing_but_training_imports_the_network() -> None:
    for path, source in sources("textcnn", "service").items():
        for each in imports_of(source):
            names = (each.module, f"{each.module}.{each.name}")
            assert each.for_types or "textcnn.network.network" not in names, path


def test_verbs_are_light_at_import_so_that_help_is_fast() -> None:
    for path, source in sources().items():
        if path == "textcnn/cli.py" or Path(path).parent.name == "commands":
            top = {each.module.split(".")[0] for each in imports_of(source) if each.at_top}
            assert not top & HEAVY, path


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
    assert service.__all__ == ["Registry", "Settings", "create_app"]
    for package in (textcnn, training, service):
        for name in package.__all__:
            assert getattr(package, name) is not None
        with pytest.raises(AttributeError):
            _ = package.no_such_name
