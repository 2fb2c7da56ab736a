from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.rows import Row
from textcnn.tokens.normalise import normalise
from textcnn.training.data.corpus import Corpus, corpus_from_rows, folds, load_corpus
from textcnn.training.data.splits import split_off

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from datasets import Dataset


def _rows(count: int = 100, labels: int = 2, *, file: str = "a.csv", word: str = "text") -> list[Row]:
    return [Row(i + 2, f"{word} {i}", (f"label {i % labels}",), file) for i in range(count)]


def _multi(count: int = 60) -> list[Row]:
    sets: list[tuple[str, ...]] = [("x",), ("x", "y"), (), ("z",)]
    return [Row(i + 1, f"text {i}", sets[i % 4], "a.jsonl") for i in range(count)]


def _parts(corpus: Corpus) -> tuple[Dataset, Dataset, Dataset]:
    return corpus.train, corpus.validation, corpus.test


def _texts(part: Dataset) -> list[str]:
    return list(part["text"])


def test_columns_and_label_numbers() -> None:
    corpus = corpus_from_rows(_rows())
    assert corpus.labels == ("label 0", "label 1")
    assert not corpus.multi_label
    assert corpus.train.column_names == ["line", "file", "text", "labels"]
    first = corpus.train[0]
    assert first == {
        "line": first["line"],
        "file": "a.csv",
        "text": f"text {first['line'] - 2}",
        "labels": [first["line"] % 2],
    }


def test_what_is_not_given_is_split_off_stratified() -> None:
    corpus = corpus_from_rows(_rows(200, 4), validation_share=0.2, test_share=0.1)
    assert [len(part) for part in _parts(corpus)] == [140, 40, 20]
    for part in _parts(corpus):
        assert len(set(Counter(labels[0] for labels in part["labels"]).values())) == 1


def test_many_rare_labels_still_get_their_share_together() -> None:
    corpus = corpus_from_rows(_rows(200, 50), test_share=None)
    assert len(corpus.validation) == 20
    assert len(corpus.test) == 0
    assert {labels[0] for labels in corpus.train["labels"]} == set(range(50))


def test_the_smallest_corpora_that_can_be_split() -> None:
    corpus = corpus_from_rows(_rows(6))
    assert [len(part) for part in _parts(corpus)] == [4, 1, 1]


def test_given_parts_are_kept_and_their_texts_dropped_from_the_rest() -> None:
    test = [Row(1, "TEXT 1!", ("label 1",), "t.csv"), Row(2, "fresh", ("label 0",), "t.csv")]
    validation = [Row(1, "text 2.", ("label 0",), "v.csv"), Row(2, "Fresh", ("label 0",), "v.csv")]
    corpus = corpus_from_rows(_rows(), validation=validation, test=test)
    assert _texts(corpus.test) == ["TEXT 1!", "fresh"]
    assert _texts(corpus.validation) == ["text 2."]
    assert corpus.dropped == 2
    assert len(corpus.train) == 98


def test_a_validation_part_split_off_shares_no_text_with_a_given_test_part() -> None:
    rows = _rows()
    corpus = corpus_from_rows(rows, test=rows[:50], validation_share=0.5)
    assert (len(corpus.train), len(corpus.validation), corpus.dropped) == (25, 25, 50)


def test_an_empty_text_is_a_text() -> None:
    corpus = corpus_from_rows([*_rows(20), Row(99, "", ("label 0",), "a.csv")])
    assert sum(_texts(part).count("") for part in _parts(corpus)) == 1


def test_rows_without_a_label_or_with_several_make_it_multi_label() -> None:
    corpus = corpus_from_rows(_multi())
    assert corpus.multi_label
    assert corpus.labels == ("x", "y", "z")
    rows = {row["text"]: row["labels"] for part in _parts(corpus) for row in part}
    assert [rows[f"text {i}"] for i in range(4)] == [[0], [0, 1], [], [2]]


def test_multi_label_can_be_said() -> None:
    assert corpus_from_rows(_rows(), multi_label=True).multi_label
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: found 2 labels, expected one"):
        corpus_from_rows(_multi(), multi_label=False)


def test_a_lone_surrogate_does_not_stop_training() -> None:
    rows = [*_rows(20), Row(99, "half \ud83d, whole \U0001f600", ("label 0",), "a.csv")]
    corpus = corpus_from_rows(rows)
    assert "half \ufffd, whole \U0001f600" in [text for part in _parts(corpus) for text in _texts(part)]


def test_the_fingerprint_tells_corpora_and_their_order_apart() -> None:
    rows = _rows()
    fingerprints = {
        corpus_from_rows(rows, seed=seed, test=test).fingerprint
        for seed in (0, 1)
        for test in (None, [Row(1, "new", ("label 0",), "t")], [Row(1, "new", ("label 1",), "t")])
    }
    assert len(fingerprints) == 6
    assert corpus_from_rows(rows).fingerprint == corpus_from_rows(rows).fingerprint
    elsewhere = [Row(row.line, row.text, row.labels, "/elsewhere/a.csv") for row in rows]
    assert corpus_from_rows(elsewhere).fingerprint == corpus_from_rows(rows).fingerprint


def test_files_are_loaded_with_their_layout(tmp_path: Path) -> None:
    def write(name: str, word: str) -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{i % 2};{word} number {i};{i}\n" for i in range(20)))
        return path

    from textcnn.reading.layout import Layout

    layout = Layout(header=False, text_columns=("2",), label_column="1")
    corpus = load_corpus(
        write("a.csv", "train"),
        validation=write("v.csv", "validation"),
        test=write("t.csv", "test"),
        layout=layout,
    )
    assert [len(part) for part in _parts(corpus)] == [20, 20, 20]
    assert corpus.test[19] == {
        "line": 20,
        "file": str(tmp_path / "t.csv"),
        "text": "test number 19",
        "labels": [1],
    }


@pytest.mark.parametrize(
    ("rows", "given", "expected"),
    [
        ([], {}, "there are no rows to train on"),
        (_rows(10, 1), {}, r"a\.csv: found only the label 'label 0'; expected at least 2"),
        (_rows(2), {}, "no rows are left for the validation part, with 2 to train on; add rows"),
        (_rows(20, word="same")[:1] * 20 + _rows(1, 1) + [Row(9, "b", ("b",), "f")], {}, "no rows are left"),
        (_rows(3), {"test_share": None, "validation": []}, "no rows are left for the validation part"),
        (
            _rows(20),
            {"test": [Row(7, "new", ("other",), "t.csv")]},
            r"t\.csv:7: label 'other' is in the test part but in no row to train on",
        ),
        (
            [*_rows(20), Row(50, "only", ("rare",), "a.csv")],
            {"test": [Row(7, "ONLY", ("rare",), "t.csv")]},
            r"t\.csv:7: label 'rare' is in the test part but in no row to train on",
        ),
    ],
)
def test_what_cannot_be_trained_on_says_what_to_do(
    rows: list[Row], given: dict[str, Any], expected: str
) -> None:
    with pytest.raises(CorpusError, match=expected):
        corpus_from_rows(rows, **given)


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        ({"validation_share": 0.0}, "validation_share"),
        ({"test_share": 1.0}, "test_share"),
        ({"validation_share": 0.6, "test_share": 0.4}, "validation_share"),
    ],
)
def test_an_impossible_share_names_itself(shares: dict[str, float], field: str) -> None:
    with pytest.raises(ConfigError, match=field) as caught:
        corpus_from_rows(_rows(), **shares)  # type: ignore[arg-type]  # shares alone
    assert caught.value.field == field


# What holds for any rows: few words, so that many texts are equal after `normalise`.

TEXTS = st.text("ab A.", max_size=3)
LABELS = st.sampled_from(["x", "y", "z"])
PAIRS = st.lists(st.tuples(TEXTS, LABELS), min_size=12, max_size=60)
QUICK = settings(max_examples=100, deadline=None)


def _from_pairs(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [Row(line, text, (label,), "a.csv") for line, (text, label) in enumerate(pairs, 1)]


@QUICK
@given(PAIRS, st.floats(0.05, 0.9), st.integers(0, 5))
def test_a_split_never_parts_equal_texts_and_loses_no_row(
    pairs: list[tuple[str, str]], share: float, seed: int
) -> None:
    rows = _from_pairs(pairs)
    stay, other = split_off(rows, share, seed)
    assert sorted([*stay, *other], key=lambda row: row.line) == rows
    assert not {normalise(row.text) for row in stay} & {normalise(row.text) for row in other}
    assert {row.labels for row in stay} == {row.labels for row in rows}
    assert split_off(rows, share, seed) == (stay, other)


@settings(max_examples=30, deadline=None)
@given(PAIRS, PAIRS, st.integers(0, 3))
def test_the_parts_of_a_corpus_share_no_text(
    pairs: list[tuple[str, str]], tested: list[tuple[str, str]], seed: int
) -> None:
    rows = [*_from_pairs(pairs), *_rows(40)]
    rows += [Row(900 + i, f"{label} {i}", (label,), "a.csv") for label in "xyz" for i in range(3)]
    corpus = corpus_from_rows(rows, test=_from_pairs(tested), seed=seed)
    keys = [{normalise(text) for text in _texts(part)} for part in _parts(corpus)]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]
    assert len(corpus.train) + len(corpus.validation) + corpus.dropped == len(rows)


def _enough_texts(rows: list[Row]) -> list[Row]:
    return [*rows, *(Row(900 + i, f"more {i}", ("xyz"[i % 3],), "a.csv") for i in range(18))]


@settings(max_examples=50, deadline=None)
@given(PAIRS, st.integers(2, 5), st.integers(0, 5))
def test_folds_test_each_row_once_and_never_on_a_text_they_train_on(
    pairs: list[tuple[str, str]], n: int, seed: int
) -> None:
    rows = _enough_texts(_from_pairs(pairs))
    parts = list(folds(rows, n, seed))
    assert len(parts) == n
    tested = [row for _, test in parts for row in test]
    assert sorted(tested, key=lambda row: row.line) == rows
    for train, test in parts:
        assert len(train) + len(test) == len(rows)
        assert not {normalise(row.text) for row in train} & {normalise(row.text) for row in test}
    assert list(folds(rows, n, seed)) == parts


def test_folds_are_stratified_and_seeded() -> None:
    rows = _rows(103, 3)
    sizes = [Counter(row.labels for row in test) for _, test in folds(rows, 10, 1)]
    assert all(max(size.values()) - min(size.values()) <= 1 for size in sizes)
    assert max(map(Counter.total, sizes)) - min(map(Counter.total, sizes)) <= 1
    assert list(folds(rows, 10, 1)) != list(folds(rows, 10, 2))


@pytest.mark.parametrize(
    ("rows", "n", "expected"),
    [
        (_rows(), 1, "found 1 folds; expected at least 2"),
        (_rows(4), 5, "4 rows are too few for 5 folds"),
        (
            [*_rows(10), Row(99, "one", ("rare",), "a")],
            2,
            "label 'rare' has too few distinct texts for 2 folds",
        ),
    ],
)
def test_impossible_folds_say_why(rows: list[Row], n: int, expected: str) -> None:
    with pytest.raises((ConfigError, CorpusError), match=expected):
        folds(rows, n)
