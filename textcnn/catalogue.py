"""Models by name: those bundled with the package, and those in directories."""

from __future__ import annotations

from pathlib import Path

from textcnn.directory import MANIFEST, ModelDirectory
from textcnn.errors import ModelNotFoundError

BUNDLED = Path(__file__).parent / "pretrained"


def bundled_models() -> dict[str, Path]:
    """Name and directory of each model that is part of the package, in the order of their names."""
    return models_in(BUNDLED)


def models_in(directory: Path) -> dict[str, Path]:
    """Name and directory of each model directory that lies in a directory."""
    return {manifest.parent.name: manifest.parent for manifest in sorted(directory.glob(f"*/{MANIFEST}"))}


def find_model(name: str | Path) -> ModelDirectory:
    """The model directory of a bundled model's name or of a path.

    A bundled name wins over a directory of the same name; `./spam` means the directory.

    Raises:
        ModelNotFoundError: neither; the bundled names are listed.
        ModelDirectoryError: the directory is there, but is no complete model.
    """
    bundled = bundled_models()
    if str(name) in bundled:
        return ModelDirectory(bundled[str(name)])
    if Path(name).exists():
        return ModelDirectory(Path(name))
    raise ModelNotFoundError(
        f"There is no model '{name}': it is neither a directory nor a bundled model "
        f"({', '.join(bundled) or 'none'})."
    )
