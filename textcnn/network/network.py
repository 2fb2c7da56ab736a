"""The network as Kim (2014) describes it, in PyTorch: for training and as the reference of the engine.

    c_w[f, t] = sum_j  W_w[f, :, j] . E[x[t+j]]            cross-correlation
    h_w[f]    = act( max_t  c_w[f, t] + b_w[f] )           max-over-time pooling
    logits    = dense( dropout( concat_w h_w ) )

Padding is wide: each width w sees w-1 zero vectors on both sides of a text, so n tokens have n+w-1 windows.
Padding that comes from batching alone is masked before pooling, so a text has the same scores in any batch.

Shapes in comments: B texts, T tokens (padded), D embedding, F filters of a width w, L labels.

Source: Y. Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from textcnn.config import PAD_ID, UNKNOWN_ID, NetworkConfig
from textcnn.network.activation import ACTIVATIONS
from textcnn.network.pooling import WAYS
from textcnn.network.weights import BATCH_NORM_EPSILON, EMBEDDING, Weights, check_weights, expected_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pooler(Protocol):
    """Turns ids into pooled features; `convolve_and_pool` is the plain one, training may have faster ones."""

    def __call__(self, network: TextCNN, ids: Tensor, lengths: Tensor) -> Tensor:
        """Features (B x widths*F), activated, of ids (B x T) that hold `lengths` (B) tokens each."""
        ...


class TextCNN(nn.Module):
    """Ids to logits. Weights have the names that `model.safetensors` uses."""

    def __init__(self, config: NetworkConfig, *, sparse_gradients: bool = False) -> None:
        super().__init__()
        self.config = config
        self.pooling: Pooler = convolve_and_pool

        def table(*, trained: bool, sparse: bool) -> nn.Embedding:
            embedding = nn.Embedding(
                config.vocabulary_size, config.vector_size, padding_idx=PAD_ID, sparse=sparse
            )
            embedding.weight.requires_grad_(trained)
            return embedding

        self.embedding = table(trained=config.channels != "static", sparse=sparse_gradients)
        if config.channels == "multichannel":
            self.static_embedding = table(trained=False, sparse=False)
        self.convolutions = nn.ModuleDict(
            {
                str(width): nn.Conv1d(config.vector_size, config.bank, width, groups=config.members)
                for width in config.widths
            }
        )
        self.batch_norms = nn.ModuleDict(
            {str(width): nn.BatchNorm1d(config.bank, eps=BATCH_NORM_EPSILON) for width in config.widths}
            if config.batch_norm
            else {}
        )
        self.dropout = nn.Dropout(config.dropout)
        self.dense = nn.Linear(config.features, config.outputs)
        with torch.no_grad():  # a member's dense weights are as large as those of a network alone
            self.dense.weight /= config.members**0.5
        self.word_layer: nn.Module | None = None
        """Each word's vector passes through it in training (`training/network/word_layer.py`)."""
        self._draw_embeddings()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B x L) of ids (B x T), padded at the end with 0, that hold `lengths` (B) tokens each.

        While it trains, those of each member by itself (members*B x L): each has to be right alone.
        """
        if self.training and self.config.word_dropout:
            ids = self._drop_words(ids)
        features = self.dropout(self.pooling(self, ids, lengths))
        if self.training and self.config.members > 1:
            return self._member_logits(features)
        logits: Tensor = self.dense(features)
        return logits

    def _member_logits(self, features: Tensor) -> Tensor:
        """Logits of each member (members*B x L), whose mean is the network's, from features (B x N)."""
        members = self.config.members
        parts = (-1, members, self.config.filters)
        own = features.reshape(len(features), *parts)  # B x widths x members x F
        dense = self.dense.weight.reshape(self.config.outputs, *parts)  # L x widths x members x F
        logits = torch.einsum("bwmf,lwmf->mbl", own, members * dense) + self.dense.bias
        return logits.flatten(0, 1)  # members*B x L

    def vectors(self, ids: Tensor) -> Tensor:
        """The vectors that filters see (ids' shape x D): E[ids], through the word layer where there is one.

        Two channels add, since both pass through the same filters.
        """
        vectors: Tensor = self.embedding(ids)
        if self.config.channels == "multichannel":
            vectors = vectors + self.static_embedding(ids)
        if self.word_layer is not None:
            vectors = self.word_layer(vectors) * (ids != PAD_ID)[..., None]  # padding stays zero
        return vectors

    def activate(self, values: Tensor) -> Tensor:
        """The activation, element by element."""
        return ACTIVATIONS[self.config.activation].of_tensor(values)

    @torch.no_grad()
    def constrain(self, max_norm: float) -> None:
        """Kim's constraint: scale down each label's dense weights whose 2-norm exceeds `max_norm`."""
        self.dense.weight.copy_(torch.renorm(self.dense.weight, p=2, dim=0, maxnorm=max_norm))

    def export_weights(self) -> Weights:
        """The numbers by name, as the model directory keeps them; vectors as they leave the word layer."""
        state = self.state_dict()
        if self.word_layer is not None:
            ids = torch.arange(self.config.vocabulary_size, device=self.embedding.weight.device)
            with torch.no_grad():
                state[EMBEDDING] = self.vectors(ids)
                if self.config.channels == "multichannel":  # the other channel will be added to it
                    state[EMBEDDING] -= self.static_embedding.weight
        return {name: state[name].detach().float().cpu().numpy() for name in expected_shapes(self.config)}

    def load_weights(self, weights: Weights) -> None:
        """The inverse of `export_weights`, but that a word layer stays as it is, and works on these vectors.

        Raises:
            ModelError: lists what is missing, unexpected or of another shape.
        """
        check_weights(weights, self.config)
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        counters = {name: value for name, value in self.state_dict().items() if name not in tensors}
        self.load_state_dict(tensors | counters)
        self._clear_padding()

    @torch.no_grad()
    def _draw_embeddings(self) -> None:
        """Random vectors, uniform from -0.25 to 0.25 as Kim's; the padding row is zero."""
        for name, parameter in self.named_parameters():
            if name.endswith("embedding.weight"):
                parameter.uniform_(-0.25, 0.25)
        self._clear_padding()

    @torch.no_grad()
    def _clear_padding(self) -> None:
        """Padding is the zero vector, whatever a file says; the engine sees to it alike."""
        for name, parameter in self.named_parameters():
            if name.endswith("embedding.weight"):
                parameter[PAD_ID] = 0

    def _drop_words(self, ids: Tensor) -> Tensor:
        dropped = torch.rand(ids.shape, device=ids.device) < self.config.word_dropout
        return torch.where(dropped & (ids != PAD_ID), torch.full_like(ids, UNKNOWN_ID), ids)


def convolve_and_pool(network: TextCNN, ids: Tensor, lengths: Tensor) -> Tensor:
    """Features (B x widths*F) by convolution over padded texts, as every framework computes it."""
    vectors = network.vectors(ids).transpose(1, 2)  # B x D x T
    pooled = [_pool_width(network, vectors, lengths, width) for width in network.config.widths]
    return join_widths(pooled)


def join_widths(pooled: Sequence[tuple[Tensor, ...]]) -> Tensor:
    """Features from what each width has pooled (B x F each): the maxima of all widths, then their means."""
    return torch.cat([each for kind in zip(*pooled, strict=True) for each in kind], dim=1)


def _pool_width(network: TextCNN, vectors: Tensor, lengths: Tensor, width: int) -> tuple[Tensor, ...]:
    """h_w (B x F) from embedded texts (B x D x T), once for each way of pooling."""
    convolution = network.convolutions[str(width)]
    # One more zero on the right where a text without tokens would have no window at all (width 1).
    right = max(width - 1, 1 - vectors.shape[2])
    windows = convolution(functional.pad(vectors, (width - 1, right)))  # B x F x (T+w-1)
    counts = (lengths + width - 1).clamp(min=1)  # B
    inside = torch.arange(windows.shape[2], device=windows.device) < counts[:, None]  # B x (T+w-1)
    if network.config.batch_norm:
        windows = _normalise(network.batch_norms[str(width)], windows, inside)
    return tuple(
        WAYS[way].of_tensor(windows, inside, counts, network.activate) for way in network.config.ways
    )


def _normalise(norm: nn.Module, windows: Tensor, inside: Tensor) -> Tensor:
    """Batch normalisation of windows (B x F x T'), with statistics over those inside their texts alone."""
    by_filter = windows.transpose(1, 2)  # B x T' x F
    own = by_filter[inside]  # N x F
    normalised = torch.zeros_like(by_filter)
    if norm.training and len(own) == 1:  # it has no spread, so it goes by the statistics of those before
        own = norm.eval()(own)
        norm.train()
    else:
        own = norm(own)
    normalised[inside] = own.to(by_filter.dtype)
    return normalised.transpose(1, 2)
