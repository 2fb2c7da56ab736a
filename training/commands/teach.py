"""`textcnn teach`: fine-tune an encoder on a corpus, to be the teacher of `textcnn distill`."""

# Typer reads the annotations when the command is built, so they are no strings here.
import sys
from pathlib import Path
from typing import Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError
from textcnn.pages import terminal
from textcnn.reading.layout import Layout
from textcnn.training.commands.installed import require_installed
from textcnn.training.commands.training_options import (
    AsJsonLines,
    CorpusFiles,
    Seed,
    TestFiles,
    ValidationFiles,
)


@takes_layout
def teach(
    corpus: CorpusFiles,
    encoder: Annotated[str, typer.Option(help="A Hugging Face encoder, by directory or name on the hub.")],
    out: Annotated[Path, typer.Option(help="The directory to write the classifier to.")],
    *,
    epochs: Annotated[int, typer.Option(help="Passes over the corpus; the best on validation is kept.")] = 3,
    batch_size: Annotated[int, typer.Option(help="Texts in a step.")] = 32,
    learning_rate: Annotated[
        float, typer.Option(help="The largest; it rises first, then falls to 0.")
    ] = 1e-4,
    validation: ValidationFiles = None,
    test: TestFiles = None,
    recipe: Annotated[
        Path | None, typer.Option(help="The TOML file for `textcnn distill`, for its seed and shares.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="seed, validation_share or test_share, key=value; wins over the file."),
    ] = None,
    seed: Seed = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the teacher in --out.")] = False,
    as_json: AsJsonLines = False,
    layout: Layout,
) -> None:
    """Fine-tune a small encoder on a corpus, where there is no teacher for it yet.

    Give `textcnn distill` the same corpus, parts, seed and shares: then neither looks at the test rows.
    """
    if epochs < 1 or batch_size < 1 or not learning_rate > 0:
        raise ConfigError("--epochs, --batch-size and --learning-rate take more than 0.", field="epochs")
    require_installed("Teaching", "train,distill", "torch", "transformers")
    # Nothing here imports PyTorch: what can be wrong without it is told at once.
    from textcnn.new_directory import require_free
    from textcnn.recipe import Recipe
    from textcnn.training.data.labelled_files import read_parts
    from textcnn.training.distillation.taught_texts import SEEN
    from textcnn.training.progress import make_reporter

    given_recipe = Recipe.read(recipe, settings, seed=seed)
    unused_keys = sorted(given_recipe.model_fields_set - {"seed", "validation_share", "test_share"})
    require_free(out, replace=replace, mark=SEEN, noun="teacher")
    with make_reporter("json" if as_json else None, sys.stdout) as reporter:
        if unused_keys:
            reporter.note(f"not used for a teacher, of the recipe: {', '.join(unused_keys)}")
        rows = read_parts(corpus, validation, test, layout, reporter.note)
        from textcnn.training.commands.corpus_files import corpus_of_parts
        from textcnn.training.distillation.encoder_teacher import teach

        parts = corpus_of_parts(rows, given_recipe)
        best_accuracy = teach(
            parts,
            encoder,
            out,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=given_recipe.seed,
            replace=replace,
            reporter=reporter,
        )
        if as_json:
            reporter.result({"model": str(out), "validation_accuracy": best_accuracy})
            return
    terminal.write_line(f"{out}: validation accuracy {best_accuracy:.4f}")
