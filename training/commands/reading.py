"""The files that a verb of training is given, as a corpus; imported when a verb runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.corpus import load_corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.layout import Layout
    from training.config import Recipe
    from training.corpus import Corpus


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
    return load_corpus(
        corpus,
        validation=validation or None,
        test=test or None,
        layout=layout,
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=recipe.test_share or None,
        multi_label=multi_label,
    )
