"""The rows that a verb of training is given, as a corpus; imported when a verb runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textcnn.reading.contradictions import settle_contradictions
from textcnn.training.data.corpus import corpus_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus


def corpus_of_parts(
    parts: Sequence[Sequence[Row] | None],
    recipe: Recipe,
    *,
    multi_label: bool | None = None,
    contradictions: str | None = None,
) -> Corpus:
    """Make a corpus of the rows to train on, to validate and to test on; None is split off.

    With the same recipe it is the same for every verb.
    Rows to train on whose text stands under different labels are left out, as `contradictions` says.

    Raises:
        CorpusError: they are too few.
        ConfigError: `contradictions` is no known choice.
    """
    train, validation, test = parts
    settled = settle_contradictions(train or [], contradictions or "drop")
    corpus = corpus_from_rows(
        settled.rows,
        validation=validation,
        test=test,
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=recipe.test_share or None,
        multi_label=multi_label,
    )
    return replace(corpus, contradictory=len(settled.left_out))
