"""The order of a teacher's labels, as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def label_order(theirs: Sequence[str], labels: Sequence[str], called: Mapping[str, str]) -> list[int]:
    """Find the place of each of our labels among the teacher's.

    Raises:
        ConfigError: they are not the same labels.
    """
    ours = {label.casefold(): label for label in labels}
    means = [
        called.get(label, label if label in labels else ours.get(label.casefold(), label)) for label in theirs
    ]
    if sorted(means) != sorted(labels):
        raise ConfigError(
            f"The teacher's labels are {list(theirs)[:20]}; the corpus has {list(labels)[:20]}. Say which is "
            "which with --label THEIRS=OURS, once for each that differs.",
            field="label",
        )
    return [means.index(label) for label in labels]
