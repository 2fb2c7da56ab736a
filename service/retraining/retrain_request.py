"""A request to retrain a model: one object, from a form or from options to the process that trains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from textcnn.errors import ConfigError
from textcnn.reading.contradictions import Contradictions
from textcnn.reading.layout import Layout, check_words
from textcnn.recipe import Recipe, read_toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Init = Literal["auto", "scratch", "base-en", "base-zh", "live"]
"""The start of training: as the corpus suggests, from random vectors, a base, or the live version."""
Policy = Literal["if-better", "never", "always"]
"""The condition for the new version to go live."""
Data = Literal["union", "replace"]
"""New rows beside the kept ones of the live version, or instead of them."""

_CHOICES: Final = {"init": Init, "promote": Policy, "data": Data, "contradictions": Contradictions}
_FIXED_RECIPE_KEYS: Final = ("init", "test_share", "validation_share", "refit")
"""Keys that a retraining sets itself: `init` is a field of its own, and a model's splits stay for ever."""


@dataclass(frozen=True)
class RetrainRequest:
    """The rows to train a model on, and the choices for it; checked as a whole when it is made.

    Raises:
        ConfigError: names the first field that has an impossible value.
    """

    files: tuple[str, ...] = ()
    """New labelled rows: names of uploads, or paths. Of two labels of one text, the later file's wins."""
    init: Init = "auto"
    promote: Policy = "if-better"
    data: Data = "union"
    feedback: bool = False
    """Train on feedback too, whose labels win over those of the files."""
    contradictions: Contradictions | None = None
    """Which rows stay whose text a file has under different labels; None: of many, it is refused."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """Keys of a training's recipe; a retraining sets others itself."""
    layout: Layout = field(default_factory=Layout)
    """The layout of the files."""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value, allowed = getattr(self, name), get_args(choices)
            if value not in allowed and not (name == "contradictions" and value is None):
                raise ConfigError(f"{name} is '{value}'; expected one of {', '.join(allowed)}.", field=name)
        _check_recipe(self.recipe)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RetrainRequest:
        """The request that `to_json` wrote, in this release or an earlier one.

        Raises:
            ConfigError: a field has an impossible value.
        """
        values = dict(values) if "text_columns" in values.get("layout", ()) else _of_earlier_release(values)
        layout = Layout.from_json(values.pop("layout"))
        return cls(**{**values, "files": tuple(values["files"]), "layout": layout})

    def to_json(self) -> dict[str, Any]:
        """Every field that is given or always was, as plain JSON values."""
        return {
            "files": list(self.files),
            "init": self.init,
            "promote": self.promote,
            "data": self.data,
            "feedback": self.feedback,
            "recipe": dict(self.recipe),
            "layout": self.layout.to_json(),
            # Only where it is said: what an earlier release can do stays a request that it can read.
            **({} if self.contradictions is None else {"contradictions": self.contradictions}),
        }


def _check_recipe(recipe: Mapping[str, Any]) -> None:
    """Refuse what training would refuse, before anybody waits for it."""
    for words in _words_in(dict(recipe)):
        check_words(words, "recipe")
    fixed = [key for key in _FIXED_RECIPE_KEYS if key in recipe]
    if fixed:
        raise ConfigError(
            f"'{fixed[0]}' is not for the recipe here: init has a place of its own, and the model's splits "
            "are fixed.",
            field="recipe",
        )
    try:
        checked = Recipe(**recipe)
        checked.network(checked.vocabulary_size, outputs=2)
    except ConfigError as error:
        raise ConfigError(error.message, field="recipe") from error


def _words_in(value: object) -> Iterator[str]:
    """Every key and value of a recipe that is text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _words_in(each)


def _of_earlier_release(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values stored before layouts were: the fields of the form, and a recipe of options' values."""
    fields = {name: values[name] for name in ("files", *_CHOICES, "feedback") if values.get(name) is not None}
    layout = Layout.from_fields({**(values.get("layout") or {}), "header": values.get("header")})
    recipe = {
        key: read_toml_value(value) if isinstance(value, str) else value
        for key, value in (values.get("recipe") or {}).items()
    }
    return {**fields, "layout": layout.to_json(), "recipe": recipe}
