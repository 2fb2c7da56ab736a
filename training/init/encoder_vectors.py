"""Tokenizer and word embeddings of a Hugging Face encoder; nothing else of it is read.

A directory or a name on the hub, with `tokenizer.json` and the matrix in `*.safetensors`. Special tokens,
added tokens and those that were never used leave the vocabulary: typed by a user they are plain text.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open

from textcnn.errors import ConfigError, TextCNNError
from textcnn.network.weights import ROW_SCALE
from textcnn.tokens.tokenizer import PAD_TOKEN, UNKNOWN_TOKEN, Tokenizer
from textcnn.training.init.start import Start, conditioned

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKENIZER: Final = "tokenizer.json"

_MATRICES: Final = (
    "word_embeddings.weight",  # BERT, RoBERTa, MPNet, DeBERTa, ALBERT
    "tok_embeddings.weight",  # ModernBERT
    "embed_tokens.weight",  # T5, BART and decoders
    "shared.weight",
    "wte.weight",  # GPT-2
    "embeddings",  # model2vec
    "embedding.weight",
)
"""How the names of word embeddings end."""
_NEVER_USED: Final = re.compile(r"\[unused\d+\]|<unused\d+>|<extra_id_\d+>")
_UNLIKELY: Final = 10.0
"""How much less likely than every other piece padding and unknown are, in a unigram model."""


def is_encoder(path: Path) -> bool:
    """Whether a directory looks like one."""
    return (path / TOKENIZER).is_file() and any(path.glob("*.safetensors"))


def download_encoder(name: str) -> Path:
    """The directory of a hub's encoder, downloaded where it is not on this machine yet.

    Raises:
        ConfigError: the hub cannot be reached, or has no such encoder.
    """
    from huggingface_hub import snapshot_download

    try:
        directory = snapshot_download(name, allow_patterns=[TOKENIZER, "*.safetensors"])
    except Exception as error:  # the library raises its own, HTTP's and the system's
        raise ConfigError(
            f"init is '{name}': no file or directory has this name, and the hub gave none "
            f"({type(error).__name__}). Give rand, base-en, base-zh, a path, or the name of an encoder on "
            "the hub.",
            field="init",
        ) from error
    return Path(directory)


def read_encoder(path: Path, *, name: str, dimensions: int | None = None) -> Start:
    """The start that an encoder's directory holds.

    Raises:
        ConfigError: a file is missing or cannot be read, the tokenizer is of an unknown kind, or the matrix
            has too few rows or columns.
    """
    try:
        specification = json.loads((path / TOKENIZER).read_text(encoding="utf-8"))
        key, file = _find_matrix(path)
        matrix = _read_matrix(file, key)
    except (OSError, ValueError, SafetensorError) as error:
        raise ConfigError(f"init is {path}, which cannot be read: {error}.", field="init") from error
    kept_ids = _renumber(specification, path)
    if max(kept_ids) >= len(matrix):
        raise ConfigError(
            f"init is {path}: its tokenizer has the id {max(kept_ids)}, and its matrix '{key}' {len(matrix)} "
            "rows. They must be of one model.",
            field="init",
        )
    vectors = conditioned(matrix[kept_ids], dimensions)
    padding_and_unknown = np.zeros((2, vectors.shape[1]), dtype=np.float32)
    try:
        tokenizer = Tokenizer(json.dumps(specification, ensure_ascii=False))
    except TextCNNError as error:
        raise ConfigError(f"init is {path}: {error.message}", field="init") from error
    known = np.ones(len(kept_ids) + 2, dtype=np.bool_)
    known[:2] = False
    digest = hashlib.sha256((path / TOKENIZER).read_bytes() + matrix.tobytes()).hexdigest()
    return Start(name, tokenizer, np.concatenate([padding_and_unknown, vectors]), known, digest)


def _find_matrix(path: Path) -> tuple[str, Path]:
    """Name and file of the word embeddings; of several, those that are named first above."""
    file_of: dict[str, Path] = {}
    for file in sorted(path.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            file_of |= dict.fromkeys(tensors.keys(), file)
    for ending in _MATRICES:
        for key in sorted(file_of, key=len):
            if key == ending or key.endswith(f".{ending}"):
                return key, file_of[key]
    raise ConfigError(
        f"init is {path}: no array there is named as word embeddings are ({', '.join(_MATRICES)}).",
        field="init",
    )


def _read_matrix(file: Path, key: str) -> NDArray[np.float32]:
    """The matrix in float32; int8 rows are multiplied by their scales. NumPy has no type for bfloat16."""
    with safe_open(file, framework="pt") as tensors:
        matrix: NDArray[np.float32] = tensors.get_tensor(key).float().numpy()
        if key + ROW_SCALE in tensors.keys():  # noqa: SIM118  # it is no dict
            matrix = matrix * tensors.get_tensor(key + ROW_SCALE).float().numpy()[:, None]
    return matrix


def _renumber(specification: dict[str, Any], path: Path) -> list[int]:
    """Make padding 0, unknown 1, and what is kept of the vocabulary 2 and on; the old ids of what is kept."""
    special = {token["content"] for token in specification.get("added_tokens") or []}
    model = specification["model"]
    vocabulary = model.get("vocab")
    special |= {PAD_TOKEN, UNKNOWN_TOKEN}
    if model.get("unk_token") is not None:
        special.add(model["unk_token"])
    if isinstance(vocabulary, dict):
        order = sorted(vocabulary, key=lambda token: vocabulary[token])
        kept_tokens = [token for token in order if token not in special and not _NEVER_USED.fullmatch(token)]
        model["vocab"] = {
            token: number for number, token in enumerate([PAD_TOKEN, UNKNOWN_TOKEN, *kept_tokens])
        }
        model["unk_token"] = UNKNOWN_TOKEN
        old = [int(vocabulary[token]) for token in kept_tokens]
    elif isinstance(vocabulary, list):
        if model.get("unk_id") is not None:
            special.add(vocabulary[model["unk_id"]][0])
        old = [number for number, (token, _) in enumerate(vocabulary) if token not in special]
        scored = [vocabulary[number] for number in old]
        least = min((score for _, score in scored), default=0.0) - _UNLIKELY
        model["vocab"] = [[PAD_TOKEN, least], [UNKNOWN_TOKEN, least], *scored]
        model["unk_id"] = 1
    else:
        raise ConfigError(f"init is {path}: its tokenizer is of an unknown kind.", field="init")
    if not old:
        raise ConfigError(f"init is {path}: its vocabulary is empty.", field="init")
    for part in ("truncation", "padding", "post_processor"):
        specification[part] = None
    specification["added_tokens"] = []
    return old
