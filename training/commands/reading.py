"""The files that a verb of training is given, as rows and as a corpus; imported when a verb runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.rows import read_rows
from training.corpus import corpus_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.layout import Layout
    from textcnn.rows import Row
    from training.config import Recipe
    from training.corpus import Corpus


def read_files(files: Sequence[str] | None, layout: Layout) -> list[Row] | None:
    """The rows of several files, one after the other; None where no file is named."""
    return [row for file in files for row in read_rows(file, layout)] if files else None


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
    return corpus_from_rows(
        read_files(corpus, layout) or [],
        validation=read_files(validation, layout),
        test=read_files(test, layout),
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=recipe.test_share or None,
        multi_label=multi_label,
    )
