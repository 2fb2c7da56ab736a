"""`textcnn distill`: a small student learns what a slower, better classifier knows."""

# Typer reads the annotations when the command is built, so they are no strings here.
import sys
from typing import Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError
from textcnn.pages import terminal
from textcnn.reading.layout import Layout
from textcnn.training.commands.installed import require_installed
from textcnn.training.commands.training_options import (
    AsJsonLines,
    CorpusFilesIfAny,
    OutDirectory,
    RecipeFile,
    RecipeSettings,
    Replace,
    Resume,
    Seed,
    Source,
    TestFiles,
    ValidationFiles,
)


@takes_layout
def distill(
    corpus: CorpusFilesIfAny = None,
    *,
    corpus_option: Annotated[
        list[str] | None, typer.Option("--corpus", help="Another way to give CORPUS; may be repeated.")
    ] = None,
    teacher: Annotated[
        str,
        typer.Option(
            help="A Hugging Face sequence classifier (directory or hub name), or a file with a text and a "
            "score for each label in columns LABEL or score_LABEL."
        ),
    ],
    out: OutDirectory,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            help="More texts for the teacher to score; may be repeated. Those of a file of scores are used "
            "only where they are here, or in the corpus."
        ),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="THEIRS=OURS, where the teacher calls a label otherwise.")
    ] = None,
    hard: Annotated[float, typer.Option(help="Share of a text's own label in its target, 0 to 1.")] = 0.3,
    temperature: Annotated[float, typer.Option(help="Above 1, the teacher's scores become softer.")] = 1.0,
    validation: ValidationFiles = None,
    test: TestFiles = None,
    recipe: RecipeFile = None,
    settings: RecipeSettings = None,
    seed: Seed = None,
    resume: Resume = False,
    replace: Replace = False,
    source: Source = "",
    as_json: AsJsonLines = False,
    layout: Layout,
) -> None:
    """Train a model on a teacher's scores, and report teacher and student side by side.

    What is costly to compute again is kept in OUT.scores. Without a teacher, `textcnn teach` makes one.
    """
    files = corpus or corpus_option
    if not files or (corpus and corpus_option):
        raise ConfigError("Give the labelled files once, as CORPUS or with --corpus.", field="corpus")
    if not 0 <= hard <= 1 or not temperature > 0:
        raise ConfigError("--hard takes 0 to 1, and --temperature more than 0.", field="hard")
    label_pairs = [pair.partition("=") for pair in label or []]
    if any(not equals for _, equals, _ in label_pairs):
        raise ConfigError("--label takes THEIRS=OURS.", field="label")
    require_installed("Distillation", "train,distill", "torch", "transformers")
    # Nothing here imports PyTorch: what can be wrong without it is told at once.
    from textcnn.new_directory import require_free
    from textcnn.reading.rows import read_texts
    from textcnn.recipe import Recipe
    from textcnn.training.data.labelled_files import read_parts
    from textcnn.training.progress import make_reporter

    given_recipe = Recipe.read(recipe, settings, seed=seed)
    require_free(out, replace=replace)
    with make_reporter("json" if as_json else None, sys.stdout) as reporter:
        rows = read_parts(files, validation, test, layout, reporter.note)
        from textcnn.training.commands.corpus_files import corpus_of_parts
        from textcnn.training.distillation.choose_teacher import find_teacher
        from textcnn.training.distillation.distill import distill

        parts = corpus_of_parts(rows, given_recipe)
        labels = {theirs: ours for theirs, _, ours in label_pairs}
        found_teacher = find_teacher(teacher, parts.labels, labels)
        texts = (text for file in unlabelled or [] for text in read_texts(file))
        model = distill(
            parts,
            texts,
            found_teacher,
            given_recipe,
            out,
            hard=hard,
            temperature=temperature,
            resume=resume,
            replace=replace,
            reporter=reporter,
            source=source,
        )
        if model is None:  # it runs in one process, which leads
            return
        figures = model.training()["distillation"]["figures"]
        if as_json:
            reporter.result({"model": str(model.path), "version": model.version(), "figures": figures})
            return
    lines = [
        (name, *(f"{figures[key][measure]:.4f}" for measure in ("accuracy", "macro_f1")))
        for key, name in (("teacher", "teacher"), ("student", "student"), ("without", "without distillation"))
        if key in figures
    ]
    console = terminal.console()
    console.print(terminal.table("On the test part", ("", "accuracy", "macro-F1"), lines))
    console.print(f"{model.path}: version {model.version()}, {terminal.disk_size(model.size())}")
