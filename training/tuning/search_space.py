"""The space of a search: keys of a recipe with the values that may be proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from textcnn.recipe import Recipe

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from textcnn.training.init.start import Start

WIDTHS: Final = ("[1, 2, 3]", "[2, 3, 4]", "[3, 4, 5]", "[1, 2, 3, 4]", "[2, 3, 4, 5]")
SPACE: Final[dict[str, BaseDistribution]] = {
    "learning_rate": FloatDistribution(3e-4, 5e-3, log=True),
    "embedding_learning_rate": FloatDistribution(3e-4, 1e-2, log=True),
    "batch_size": CategoricalDistribution((16, 32, 64, 128)),
    "epochs": IntDistribution(3, 20),
    "widths": CategoricalDistribution(WIDTHS),
    "filters": IntDistribution(50, 200, step=50),
    "dropout": FloatDistribution(0.1, 0.7, step=0.1),
    "word_dropout": FloatDistribution(0.0, 0.2, step=0.05),
    "label_smoothing": FloatDistribution(0.0, 0.2, step=0.05),
}
"""Keys that are searched, unless the recipe gives them."""
FROM_VECTORS: Final = {"channels": CategoricalDistribution(("static", "non-static", "multichannel"))}
FROM_NOTHING: Final = {"embedding_dim": IntDistribution(64, 320, step=64)}


def search_space(settled: Recipe, given: Recipe, start: Start | None) -> dict[str, BaseDistribution]:
    """Take what is searched for a settled recipe: neither keys that were given nor those of a start."""
    space = SPACE | (FROM_NOTHING if settled.channels == "rand" else FROM_VECTORS)
    fixed = given.model_fields_set | set(start.shape if start else ())
    return {key: space[key] for key in space if key not in fixed}


def as_proposed(key: str, value: Any) -> Any:  # noqa: ANN401  # a recipe's value
    """Write a recipe's value as a study proposes it: a choice is a string."""
    return str(list(value)) if key == "widths" else value


def candidate_recipe(recipe: Recipe, params: dict[str, Any], settled: Recipe) -> Recipe:
    """Make the recipe with what was proposed; `settled` is it with nothing proposed.

    It says how many epochs the second training takes: the rule for given ones, which may be many for early
    stopping to end, is not meant for proposed ones.
    """
    chosen: dict[str, Any] = {
        key: round(value, 6) if isinstance(value, float) else value for key, value in params.items()
    }
    if "widths" in chosen:
        chosen["widths"] = tuple(int(width) for width in chosen["widths"].strip("[]").split(","))
    given = {key: getattr(recipe, key) for key in recipe.model_fields_set}
    return Recipe(**given | {"refit_epochs": settled.refit_epochs} | chosen)
