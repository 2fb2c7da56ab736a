"""The files that a verb of training is given, as a corpus; imported when a verb runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.training.data.corpus import corpus_from_rows, read_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.layout import Layout
    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus


def read_corpus(
    corpus: Sequence[str],
    validation: Sequence[str] | None,
    test: Sequence[str] | None,
    layout: Layout,
    recipe: Recipe,
    *,
    multi_label: bool | None = None,
) -> Corpus:
    """The rows of the files in their parts; with the same recipe the same for every verb.

    Raises:
        CorpusError: a file cannot be read, or the rows are too few.
    """
    rows = [read_files(files, layout) if files else None for files in (corpus, validation, test)]
    return part_rows(rows, recipe, multi_label=multi_label)


def part_rows(
    rows: Sequence[Sequence[Row] | None], recipe: Recipe, *, multi_label: bool | None = None
) -> Corpus:
    """Rows of the corpus, for validation and for the test in their parts; None is split off.

    Raises:
        CorpusError: they are too few.
    """
    corpus, validation, test = rows
    return corpus_from_rows(
        corpus or [],
        validation=validation,
        test=test,
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=recipe.test_share or None,
        multi_label=multi_label,
    )
