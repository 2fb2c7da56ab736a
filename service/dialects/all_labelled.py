"""Label texts for dialects without errors of single texts: the first error is that of the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.errors import TextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.service.labelling.labelled import Outcome
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.loaded.registry import LoadedModel


ANSWER_HEADERS: Final = ("x-model-name", "x-model-version", "x-truncated")


async def label_all(
    labeller: Labeller, texts: Sequence[str], model: str | None = None, version: str | None = None
) -> tuple[LoadedModel, list[Outcome]]:
    """The model that answers, and an outcome for each text; raises what `Labeller.classify` does."""
    if len(texts) == 1:
        outcome = await labeller.classify(texts[0], model, version)
        return outcome.model, [outcome]
    batch = await labeller.classify_batch(texts, model, version)
    if batch.errors:
        place, error = next(iter(batch.errors.items()))
        raise TextError(f"Text {place}: {error.message}", field=error.field)
    return batch.model, batch.each()


def answer_headers(model: LoadedModel, *, truncated: bool) -> dict[str, str]:
    """Headers for what bodies have no room for: the model that answered, and whether a text was cut off."""
    name = model.name.encode("ascii", "backslashreplace").decode()  # headers are ASCII
    return dict(zip(ANSWER_HEADERS, (name, model.version, "true" if truncated else "false"), strict=True))
