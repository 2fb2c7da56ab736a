from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import ConfigError
from textcnn.recipe import SYNONYMS, Recipe

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('epochs = 3\nwidths = [2, 3]\ntokens = "wordpiece"\n')
    recipe = Recipe.read(file, ["epochs=5", "channels=static", "widths=[1]", "class_weights={spam = 2.0}"])
    assert (recipe.epochs, recipe.widths, recipe.tokens) == (5, (1,), "wordpiece")
    assert recipe.channels == "static"
    assert recipe.class_weights == {"spam": 2.0}


def test_options_win_over_settings_and_are_never_read_as_toml() -> None:
    recipe = Recipe.read(None, ["seed=3", "init=rand"], seed=None, init="2026-11-25")
    assert (recipe.seed, recipe.init) == (3, "2026-11-25")
    assert recipe.given() == {"seed": 3, "init": "2026-11-25"}


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("epoch=3", "no key 'epoch'"),
        ("epochs=0", "epochs is 0"),
        ("epochs=many", "epochs is 'many'"),
        ("dropout=1.5", "dropout is 1.5"),
        ("channels=both", "channels is 'both'"),
        ("class_weights=heavy", "class_weights"),
        ("widths=3", r"widths is 3; expected a list, such as \[3\]"),
        ("epochs", "no setting"),
    ],
)
def test_a_wrong_key_or_value_names_itself(setting: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Recipe.read(None, [setting])


def test_a_wrong_key_names_itself_in_python_too() -> None:
    with pytest.raises(ConfigError, match="no key 'epoch'"):
        Recipe(epoch=3)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(ConfigError, match="epochs is 0"):
        Recipe(epochs=0)
    with pytest.raises(ConfigError, match="found 3; expected a table"):
        Recipe.model_validate(3)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        Recipe.read(tmp_path / "missing.toml")
    (tmp_path / "broken.toml").write_text("epochs = = 3")
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        Recipe.read(tmp_path / "broken.toml")


def test_the_recipe_of_a_training_json_is_a_recipe(tmp_path: Path) -> None:
    file = tmp_path / "training.json"
    file.write_text('{"recipe": {"epochs": 3, "widths": [2, 3]}, "seed": 0}')
    assert Recipe.read(file, ["epochs=5"]) == Recipe(epochs=5, widths=(2, 3))


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"recipe": 3}'])
def test_another_json_file_is_no_recipe(content: str, tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"metrics\.json is no training\.json with a recipe"):
        Recipe.read(file)


def test_an_impossible_network_is_told_before_training() -> None:
    with pytest.raises(ConfigError, match="widths"):
        Recipe.read(None, ["widths=[3, 3]"]).network(10, 2)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("lr", "learning_rate"),
        ("LR", "learning_rate"),
        ("learning-rate", "learning_rate"),
        ("epoch", "epochs"),
        ("filter_sizes", "widths"),
        ("batchsize", "batch_size"),
    ],
)
def test_a_wrong_key_suggests_the_right_one(key: str, meant: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(f"{key} = 1\n")
    for given in ((file, None), (None, [f"{key}=1"])):
        with pytest.raises(ConfigError, match=rf"no key '{key}'; did you mean {meant}\? Its keys"):
            Recipe.read(*given)


def test_a_key_like_no_other_suggests_none() -> None:
    with pytest.raises(ConfigError, match=r"no key 'colour'\. Its keys are"):
        Recipe.read(None, ["colour=1"])


def test_names_of_other_tools_stand_for_keys_that_there_are() -> None:
    assert set(SYNONYMS.values()) <= set(Recipe.model_fields)
    assert not set(SYNONYMS) & set(Recipe.model_fields)
