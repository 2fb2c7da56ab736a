from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from textcnn.catalogue import bundled_models
from textcnn.directory import ModelDirectory
from textcnn.recipe import Recipe
from textcnn.training.defaults import settle
from textcnn.training.init.earlier_model import read_model

if TYPE_CHECKING:
    from textcnn.training.init.start import Start

LEFT_AS_IT_IS = {"init": "rand"}
SOME = {"init": "rand", "epochs": 5, "embedding_learning_rate": 1e-3}
MANY = {"init": "rand", "epochs": 5, "embedding_learning_rate": 2e-3, "batch_size": 64}


@pytest.mark.parametrize(
    ("texts", "decided"),
    [(9_999, LEFT_AS_IT_IS), (10_000, SOME), (19_999, SOME), (20_000, MANY), (500_000, MANY)],
)
def test_random_vectors_follow_the_rules_that_the_docs_state(texts: int, decided: dict[str, object]) -> None:
    assert settle(Recipe(), texts, 150, None) == Recipe().model_copy(update=decided)


def test_what_a_recipe_gives_is_never_changed(base: Start) -> None:
    given: dict[str, Any] = {
        "epochs": 20,
        "embedding_learning_rate": 0.03,
        "batch_size": 7,
        "channels": "static",
        "filters": 7,
        "adversarial": 0.0,
    }
    for start in (None, base):
        settled = settle(Recipe(**given), 50_000, 150, start)
        assert {key: getattr(settled, key) for key in given} == given


def test_epochs_that_a_recipe_gives_are_early_stoppings_to_end(base: Start) -> None:
    assert settle(Recipe(epochs=100), 500, 2, base).refit_epochs == "best"
    assert settle(Recipe(epochs=100, refit_epochs="all"), 500, 2, base).refit_epochs == "all"


def test_vectors_that_know_something_are_stored_in_eight_bits(base: Start) -> None:
    settled = settle(Recipe(), 12_000, 19, base)
    assert (settled.init, settled.channels, settled.embedding_dim) == ("base-en", "non-static", 208)
    assert (settled.epochs, settled.batch_size, settled.embedding_storage) == (5, 32, "int8")
    assert (settled.embedding_learning_rate, settled.filters, settled.adversarial) == (2e-3, 100, 0.03)


def test_few_rows_want_larger_steps_unless_a_model_knows_its_task_already(base: Start) -> None:
    rates = ("learning_rate", "embedding_learning_rate")
    for texts, rate, epochs, again in (
        (2_999, 4e-3, 10, "all"),
        (3_000, 4e-3, 5, "all"),
        (7_999, 4e-3, 5, "all"),
        (8_000, 2e-3, 5, "best"),
    ):
        settled = settle(Recipe(), texts, 2, base)
        assert [getattr(settled, key) for key in rates] == [rate, rate]
        assert (settled.epochs, settled.refit_epochs) == (epochs, again)
    earlier = read_model(ModelDirectory(bundled_models()["spam"]), Recipe(), name="spam", multi_label=False)
    assert [getattr(settle(Recipe(), 4_000, 2, earlier), key) for key in rates] == [2e-3, 2e-3]


def test_many_rows_want_smaller_steps_and_many_labels_more_filters(base: Start) -> None:
    settled = settle(Recipe(), 20_000, 20, base)
    assert (settled.epochs, settled.batch_size) == (5, 64)
    assert (settled.embedding_learning_rate, settled.filters) == (5e-4, 200)


def test_where_most_texts_are_parts_of_others_the_rest_are_learned_three_times_an_epoch(base: Start) -> None:
    for start in (None, base):
        for parts, times in ((0.5, 1), (0.51, 3)):
            assert settle(Recipe(), 50_000, 2, start, parts).repeat_wholes == times
            assert settle(Recipe(repeat_wholes=2), 50_000, 2, start, parts).repeat_wholes == 2


def test_words_are_moved_together_from_vectors_that_are_to_be_moved(base: Start) -> None:
    earlier = read_model(ModelDirectory(bundled_models()["spam"]), Recipe(), name="spam", multi_label=False)
    for start, given, hidden in (
        (base, {}, 128),
        (base, {"channels": "multichannel"}, 128),
        (base, {"word_layer": 7}, 7),
        (base, {"channels": "static"}, 0),
        (base, {"channels": "static", "word_layer": 7}, 7),
        (earlier, {}, 0),
        (None, {}, 0),
    ):
        assert settle(Recipe.model_validate(given), 5_000, 2, start).word_layer == hidden
