"""The common parts of the scripts that make the bundled bases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors.numpy import save_file

from textcnn.network.weights import ROW_SCALE, quantise_rows
from textcnn.training.init.bundled_base import base_directory
from textcnn.training.init.encoder_vectors import TOKENIZER, read_encoder

if TYPE_CHECKING:
    from pathlib import Path

DIMENSIONS = 208
"""With these a model of the default shape stays under 8 MB."""


def write_base(name: str, encoder: Path, card: str) -> None:
    """Write an encoder's tokenizer and its vectors, cut and in int8, with a card that may name `tokens`."""
    start = read_encoder(encoder, name=name, dimensions=DIMENSIONS)
    rows, scales = quantise_rows(start.vectors)
    directory = base_directory(name)
    directory.mkdir(parents=True, exist_ok=True)
    save_file({"embeddings": rows, f"embeddings{ROW_SCALE}": scales}, directory / "embeddings.safetensors")
    (directory / "embeddings.safetensors").chmod(0o644)  # safetensors gives the owner alone a right
    (directory / TOKENIZER).write_text(start.tokenizer.to_json(), encoding="utf-8")
    filled = card.format(tokens=len(rows) - 2, dimensions=DIMENSIONS)
    (directory / "README.md").write_text(filled, encoding="utf-8")
    size = sum(file.stat().st_size for file in directory.iterdir())
    print(f"{directory}: {len(rows) - 2:,} tokens, {size / 1e6:.2f} MB")
