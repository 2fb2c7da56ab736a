"""`textcnn filters`: what the filters of a model learnt."""

# Typer reads the annotations when the command is built, so they are no strings here.
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import Model
from textcnn.pages import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.insight.filters import Gallery
    from textcnn.insight.firing import FiringNGram
    from textcnn.reading.layout import Layout

_NEIGHBOURS = 10


@takes_layout
def filters(
    model: Model,
    *,
    corpus: Annotated[
        str | None, typer.Option(help="Texts to look for n-grams in: a file, a folder per label, or hf:NAME.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Filters that are shown.")] = 20,
    neighbours: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="Show the tokens with embeddings like this one's instead."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every filter as one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write every filter as a page, too.")
    ] = None,
    layout: "Layout",
) -> None:
    """Show what each filter looks for: the n-gram that fires it most, and the label that it votes for.

    The best n-gram is an upper bound in closed form: at each position the best token, of those seen five
    times or more in training. It need not occur anywhere. With --corpus, the n-grams of these texts that fire
    the filter most stand beside it, and the share of texts that fire it.

    Filters that move a label most come first. Dead ones and duplicates are named.
    """
    from textcnn.catalogue import find_model
    from textcnn.classifier import TextClassifier
    from textcnn.insight.filters import make_gallery
    from textcnn.reading.rows import read_texts

    directory = find_model(model)
    if neighbours is not None:
        from textcnn.insight.neighbours import neighbours as find_neighbours

        _show_neighbours(find_neighbours(directory, neighbours, _NEIGHBOURS), as_json=as_json)
        return
    texts = None if corpus is None else read_texts(corpus, layout)
    gallery = make_gallery(TextClassifier.from_directory(directory), directory, texts)
    if html is not None:
        from textcnn.pages.filters import write_filters_page

        write_filters_page(html, directory.path.name, gallery)
    if as_json:
        terminal.write_json(gallery.to_dict())
    else:
        _show(gallery, top)


def _show_neighbours(nearest: "list[tuple[str, float]]", *, as_json: bool) -> None:
    if as_json:
        terminal.write_json([{"token": token, "cosine": cosine} for token, cosine in nearest])
        return
    rows = [(token, f"{cosine:.3f}") for token, cosine in nearest]
    terminal.console().print(terminal.table("Nearest embeddings", ("Token", "Cosine"), rows))


def _show(gallery: "Gallery", top: int) -> None:
    console = terminal.console()
    columns = ["Filter", "Votes for", "Best n-gram, upper bound", "Fires at"]
    columns += ["Best that occurs", "Fires at", "In texts"] if gallery.texts else []
    title = f"The {min(top, len(gallery.filters))} filters of {len(gallery.filters)} that move a label most"
    console.print(terminal.table(title, columns, _rows(gallery, top), words=5 if gallery.texts else 3))
    for each in gallery.sentences():
        console.print(each)


def _rows(gallery: "Gallery", top: int) -> "Iterator[list[str]]":
    for each in gallery.filters[:top]:
        row = [each.name, f"{each.label} {each.votes[each.label]:+.3f}", *_cells(each.best)]
        if gallery.texts:
            row += [*_cells(each.firing[0] if each.firing else None), f"{each.fires or 0:.1%}"]
        yield row


def _cells(n_gram: "FiringNGram | None") -> list[str]:
    return ["", ""] if n_gram is None else [" ".join(n_gram.tokens), f"{n_gram.activation:.2f}"]
