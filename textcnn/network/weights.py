"""The numbers of a network by name, as `model.safetensors` holds them.

The network (PyTorch) and the engine (NumPy) both read them here, so that both see the same numbers: float32,
with embeddings that are stored as int8 already multiplied by the scales of their rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from textcnn.config import PAD_ID, EmbeddingStorage, NetworkConfig
from textcnn.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Weights = dict[str, "NDArray[np.float32]"]

EMBEDDING = "embedding.weight"
STATIC_EMBEDDING = "static_embedding.weight"
DENSE_WEIGHT = "dense.weight"
DENSE_BIAS = "dense.bias"
ROW_SCALE = ".row_scale"
"""Ends the name of the scales of an int8 matrix, one for each row."""


def expected_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every array that a network of this configuration has."""
    vectors = (config.vocabulary_size, config.vector_size)
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: vectors}
    if config.channels == "multichannel":
        shapes[STATIC_EMBEDDING] = vectors
    for width in config.widths:
        shapes[f"convolutions.{width}.weight"] = (config.bank, config.embedding_dim, width)
        shapes[f"convolutions.{width}.bias"] = (config.bank,)
        if config.batch_norm:
            for part in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"batch_norms.{width}.{part}"] = (config.bank,)
    shapes[DENSE_WEIGHT] = (config.outputs, config.features)
    shapes[DENSE_BIAS] = (config.outputs,)
    return shapes


def check_weights(weights: Mapping[str, NDArray[np.float32]], config: NetworkConfig) -> None:
    """Make sure that the arrays are those of the configuration, no more and no less.

    Raises:
        ModelError: lists what is missing, unexpected or of another shape, or holds NaN or infinity.
    """
    expected = expected_shapes(config)
    problems = [f"missing {name}" for name in expected if name not in weights]
    problems += [f"unexpected {name}" for name in weights if name not in expected]
    for name, shape in expected.items():
        if name not in weights:
            continue
        if weights[name].shape != shape:
            problems.append(f"{name} is {weights[name].shape} instead of {shape}")
        elif not np.isfinite(weights[name]).all():
            problems.append(f"{name} holds NaN or infinity")
    if problems:
        raise ModelError(f"The weights do not fit the configuration: {'; '.join(problems)}.")


def pack_weights(weights: Mapping[str, NDArray[np.float32]], storage: EmbeddingStorage) -> bytes:
    """The bytes of a safetensors file; embeddings as int8 with one scale per row where that is said."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, array in weights.items():
        if storage == "int8" and name in (EMBEDDING, STATIC_EMBEDDING):
            arrays[name], arrays[name + ROW_SCALE] = quantise_rows(array)
        else:
            arrays[name] = np.ascontiguousarray(array, dtype=np.float32)
    return save(arrays)


def unpack_weights(data: bytes) -> Weights:
    """The inverse of `pack_weights`, all in float32.

    Raises:
        ModelError: the bytes are not a whole safetensors file.
    """
    arrays = unpack_stored(data)
    scales = {name: arrays.pop(name + ROW_SCALE) for name in list(arrays) if name + ROW_SCALE in arrays}
    weights = {name: array.astype(np.float32) for name, array in arrays.items()}
    for name, scale in scales.items():
        weights[name] *= scale[:, None]
    return weights


def unpack_stored(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays as they are stored: an int8 matrix stands beside its `row_scale`, the rest is float32.

    Raises:
        ModelError: the bytes are not a whole safetensors file.
    """
    try:
        return load(data)
    except SafetensorError as error:
        raise ModelError(f"not a whole safetensors file ({error}).") from error


def quantise_rows(array: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8 and the scale of each row: `array` is about `rows * scales[:, None]`.

    The largest number of a row becomes 127, so no number is off by more than 1/254 of it.
    """
    scales = np.abs(array).max(axis=1) / 127
    scales[scales == 0] = 1
    rows = np.rint(array / scales[:, None]).astype(np.int8)
    rows[PAD_ID] = 0
    return rows, scales.astype(np.float32)


def folded_vectors(weights: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """E (V x D): the embeddings that reach the convolution; both channels share its filters, so they add."""
    if STATIC_EMBEDDING in weights:
        return weights[EMBEDDING] + weights[STATIC_EMBEDDING]
    return weights[EMBEDDING]


BATCH_NORM_EPSILON = 1e-5


def folded_filters(
    weights: Mapping[str, NDArray[np.float32]], width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """W_w (F x D x w) and b_w (F), with batch normalisation folded into both where the network has it.

    Of a network with members: the filters of all, one member after the other, each over its own D numbers.
    """
    filters, bias = weights[f"convolutions.{width}.weight"], weights[f"convolutions.{width}.bias"]
    norm = f"batch_norms.{width}"
    if f"{norm}.weight" not in weights:
        return filters, bias
    gain = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
    shifted = (bias - weights[f"{norm}.running_mean"]) * gain + weights[f"{norm}.bias"]
    return filters * gain[:, None, None], shifted
