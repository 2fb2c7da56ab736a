"""The rows that a verb of training is given, as a corpus; imported when a verb runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textcnn.reading.contradictions import settle_contradictions
from textcnn.training.data.corpus import corpus_from_rows

if TYPE_CHECKING:
    from textcnn.reading.columns import KnownColumns
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.data.labelled_files import Parts


def corpus_of_parts(
    parts: Parts,
    recipe: Recipe,
    *,
    multi_label: bool | None = None,
    contradictions: str | None = None,
    columns: KnownColumns | None = None,
) -> Corpus:
    """Make a corpus of the rows to train on, to validate and to test on; None is split off.

    With the same recipe it is the same for every verb. Rows to train on whose text stands under different
    labels are left out, as `contradictions` says. The corpus keeps `columns`, or those of its first file.

    Raises:
        CorpusError: they are too few.
        ConfigError: `contradictions` is no known choice.
    """
    settled = settle_contradictions(parts.train, contradictions or "drop")
    corpus = corpus_from_rows(
        settled.rows,
        validation=parts.validation,
        test=parts.test,
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=recipe.test_share or None,
        multi_label=multi_label,
    )
    return replace(corpus, contradictory=len(settled.left_out), columns=columns or parts.columns)
