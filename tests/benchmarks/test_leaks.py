"""No committed figure is of a text that its model could learn from.

Where the corpora are, their rows are parted as the benchmarks part them, and the texts compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import audit
from benchmarks.accuracy import SEEDS, TASKS, Task, corpus_of, deduplicated, read
from benchmarks.bundled import TESTS
from benchmarks.corpora import find_corpora
from benchmarks.distillation import FOLDS, OF, SEED, UNLABELLED
from benchmarks.kim_2014 import PAPER
from benchmarks.machine import read_results
from benchmarks.sentences import sentences
from textcnn.reading.rows import read_rows, read_texts
from textcnn.recipe import Recipe
from textcnn.tokens.normalise import normalise
from textcnn.training.data.corpus import corpus_from_rows, folds
from textcnn.training.data.targets import new_texts
from textcnn.training.init.bundled_base import BASES, base_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from textcnn.reading.rows import Row

STARTS = {"auto", "rand", "base-en", "base-zh"}
"""None of them has texts of the corpora: the bases are the input matrices of encoders."""
PARTED_ALIKE = {"mr_rand", "sms_spam_pieces", "trec_rand", "trec_kim"}
"""Tasks with the parts of another one."""


@pytest.fixture
def corpora() -> Path:
    found = find_corpora("tests")
    if found is None:
        pytest.skip("the corpora are not here")
    return found


def in_common(some: Iterable[str], others: Iterable[str]) -> set[str]:
    return set(map(normalise, some)) & set(map(normalise, others))


def texts(rows: Iterable[Row]) -> list[str]:
    return [row.text for row in rows]


def test_no_committed_figure_starts_from_a_trained_model() -> None:
    for task in read_results("accuracy")["tasks"].values():
        assert Recipe(**task["choices"]).init in STARTS
    for task in TASKS.values():
        assert Recipe(**task.choices).init in STARTS
    for base in BASES:
        files = {file.name for file in base_directory(base).iterdir()}
        assert files - {"LICENSE"} == {"README.md", "embeddings.safetensors", "tokenizer.json"}


def test_every_committed_figure_is_of_a_task_that_is_compared_here() -> None:
    assert read_results("accuracy")["tasks"].keys() <= TASKS.keys()
    assert read_results("kim")["cells"].keys() <= PAPER.keys() <= TASKS.keys()
    assert read_results("audit")["tasks"].keys() <= audit.CORPORA.keys()
    for name in PARTED_ALIKE:
        other = TASKS[name.rpartition("_")[0]]
        assert parts(TASKS[name]) == parts(other)


def parts(task: Task) -> tuple[object, ...]:
    return (task.train, task.validation, task.test, task.folds, task.test_share, task.layout, task.seeds)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TASKS.keys() - PARTED_ALIKE))
def test_no_test_row_is_trained_on_or_chooses(name: str, corpora: Path) -> None:
    task = TASKS[name]
    if task.folds:
        for train, test in folds(read(task, corpora, task.train), task.folds, task.seeds[0]):
            assert test
            assert not in_common(texts(train), texts(test))
    else:
        corpus = corpus_of(task, corpora, task.seeds[0])
        assert len(corpus.test)
        seen = [*corpus.train[:]["text"], *corpus.validation[:]["text"]]
        assert not in_common(seen, corpus.test[:]["text"])


@pytest.mark.slow
@pytest.mark.parametrize("fold", FOLDS)
def test_neither_teacher_nor_student_sees_a_test_row_of_its_fold(fold: int, corpora: Path) -> None:
    train, test = list(folds(list(read_rows(corpora / "mr/all.csv")), OF, SEED))[fold]
    corpus = corpus_from_rows(train, test=test, seed=SEED)
    unlabelled, _ = new_texts(sentences(UNLABELLED), corpus)
    assert read_results("distillation")["folds"][str(fold)]["unlabelled"] == len(unlabelled)
    seen = [*corpus.train[:]["text"], *corpus.validation[:]["text"], *unlabelled]
    assert not in_common(seen, texts(test))


@pytest.mark.parametrize("name", audit.CORPORA)
def test_no_row_is_audited_by_a_model_that_learnt_from_it(name: str, corpora: Path) -> None:
    rows = deduplicated(list(read_rows(corpora / audit.CORPORA[name])))
    for seed in SEEDS:
        for train, held_out in folds(audit.flip(rows, seed)[0], audit.FOLDS, seed):
            assert held_out
            assert not in_common(texts(train), texts(held_out))


def test_no_question_out_of_scope_is_trained_on(corpora: Path) -> None:
    corpus = corpus_of(TASKS["clinc150"], corpora, TASKS["clinc150"].seeds[0])
    seen = [*corpus.train[:]["text"], *corpus.validation[:]["text"]]
    assert not in_common(seen, read_texts(corpora / "clinc150/oos_test.jsonl"))


def test_bundled_models_held_out_every_row_that_they_are_tested_on() -> None:
    models = read_results("bundled")["models"]
    for name in TESTS:
        figures = dict(models[name]["figures"])
        held_out = figures.pop("held-out part")
        assert held_out["rows"] == sum(figure["rows"] for figure in figures.values())
