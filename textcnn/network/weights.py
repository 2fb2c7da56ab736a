"""The numbers of a network by name, as `model.safetensors` holds them.

The network (PyTorch) and the engine (NumPy) both read them here, so that both see the same numbers: float32,
with embeddings that are stored as int8 already multiplied by the scales of their rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

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
LARGEST_SUM = 1e30
"""Above it, a few steps more would leave float32, and a score would be no number."""
ROW_SCALE = ".row_scale"
"""Ends the name of the scales of an int8 matrix, one for each row."""

_STORED: Final[dict[str, np.dtype[Any]]] = {"F32": np.dtype("<f4"), "I8": np.dtype("i1")}
"""The types of arrays in a file, by their names in it."""


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
        ModelError: lists what is missing, unexpected or of another shape, or holds NaN or infinity; or a
            score could become one of them.
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
    _require_finite_scores(weights, config)


def _require_finite_scores(weights: Mapping[str, NDArray[np.float32]], config: NetworkConfig) -> None:
    """Make sure that no sum on the way to a score can leave float32, whatever the text: by the largest sums.

    Raises:
        ModelError: one can.
    """
    vectors = np.zeros(config.vector_size)  # the largest of each dimension
    for name in (EMBEDDING, STATIC_EMBEDDING):
        if name in weights:
            vectors += np.abs(weights[name]).max(axis=0, initial=0)
    largest = []
    for width in config.widths:
        if (weights.get(f"batch_norms.{width}.running_var", np.zeros(1)) < 0).any():
            raise ModelError(f"batch_norms.{width}.running_var holds a negative variance.")
        with np.errstate(over="ignore", invalid="ignore"):
            filters, bias = folded_filters(weights, width)
        own = vectors.reshape(config.members, 1, config.embedding_dim, 1)
        sums = (np.abs(filters).reshape(config.members, config.filters, -1, width) * own).sum(axis=(2, 3))
        largest.append(sums.reshape(-1) + np.abs(bias))
    features = np.tile(np.concatenate(largest), len(config.ways))
    logits = np.abs(weights[DENSE_WEIGHT]) @ features + np.abs(weights[DENSE_BIAS])
    if not max(features.max(), logits.max()) < LARGEST_SUM:  # NaN is no less
        raise ModelError("The weights are so large that a score could be infinite. Train the model again.")


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
        with np.errstate(over="ignore", invalid="ignore"):  # `check_weights` tells
            weights[name] *= scale[:, None]
    return weights


def unpack_stored(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays as they are stored: an int8 matrix stands beside its `row_scale`, the rest is float32.

    Raises:
        ModelError: the bytes are not a whole safetensors file, or an array in it is of another type.
    """
    try:
        tensors: list[tuple[str, dict[str, Any]]] = deserialize(data)  # type: ignore[no-untyped-call]  # as its own
    except SafetensorError as error:
        raise ModelError(f"not a whole safetensors file ({error}).") from error
    arrays = {name: _to_array(name, **tensor) for name, tensor in tensors}
    for name, array in arrays.items():
        matrix = arrays.get(name.removesuffix(ROW_SCALE)) if name.endswith(ROW_SCALE) else None
        scale = arrays.get(name + ROW_SCALE)
        if array.dtype == np.int8:
            if (
                scale is None
                or array.ndim != 2
                or scale.shape != array.shape[:1]
                or scale.dtype != np.float32
            ):
                raise ModelError(f"{name} is int8; it needs rows, and one scale in float32 for each of them.")
        elif name.endswith(ROW_SCALE) and (matrix is None or matrix.dtype != np.int8):
            raise ModelError(f"{name} has scales for what is no matrix of int8.")
    return arrays


def _to_array(name: str, dtype: str, shape: list[int], data: bytes) -> NDArray[Any]:
    kind = _STORED.get(dtype)
    if kind is None:
        raise ModelError(f"{name} is {dtype}; expected {' or '.join(_STORED)}. Convert it.")
    array: NDArray[Any] = np.frombuffer(data, kind).reshape(shape)
    return array


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
