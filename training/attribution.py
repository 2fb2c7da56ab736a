"""The classical maps of what a network looked at, by captum: one score for each token of a text.

All of them look at a logit as a function of the embedded text e (n x D):

    saliency               | d logit / d e_t |, summed over D           Simonyan et al. 2014
    guided                 sum_D e_t * g_t, where g is the gradient that lost its negative parts
                           at each relu                                 Springenberg et al. 2015
    grad-cam               sum_w relu( sum_f mean_t(g_w[f, t]) A_w[f, t] ), where A is the activated
                           convolution and g its gradient; each window's value goes to its tokens
                           in equal parts                               Selvaraju et al. 2017
    integrated-gradients   sum_D e_t * mean over 50 steps a of d logit(a e) / d e_t
                                                                        Sundararajan et al. 2017

Saliency and Grad-CAM are never negative: they say where, and not for or against. The reference of integrated
gradients is padding alone, which is the zero vector.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from textcnn.network.activation import ACTIVATIONS
from textcnn.network.network import TextCNN, join_widths
from textcnn.network.pooling import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from textcnn.directory import ModelDirectory
    from textcnn.insight.token_maps import Attribution

STEPS: Final = 50
"""Of the integral, by Gauss-Legendre: captum's default."""


class EmbeddedTextCNN(nn.Module):
    """The network from embedded texts on, where gradients are taken: one text, not padded to others."""

    def __init__(self, network: TextCNN) -> None:
        super().__init__()
        config = network.config
        self._ways = config.ways
        self.convolutions = network.convolutions
        self.batch_norms = network.batch_norms
        # One module for each width: captum hooks modules, and a hook must know which call it sees.
        activation = getattr(nn, ACTIVATIONS[config.activation].torch_module)
        self.activations = nn.ModuleDict({str(width): activation() for width in config.widths})
        self.dense = network.dense

    def forward(self, vectors: Tensor) -> Tensor:
        """Logits (B x L) of embedded texts (B x n x D), all of one length of 1 or more."""
        pooled = []
        for name, convolution in self.convolutions.items():
            padded = functional.pad(vectors.transpose(1, 2), (int(name) - 1,) * 2)  # B x D x n+2w-2
            windows = convolution(padded)  # B x F x n+w-1
            if name in self.batch_norms:
                windows = self.batch_norms[name](windows)
            active = self.activations[name](windows)
            count = torch.tensor([active.shape[2]])
            inside = torch.ones(1, active.shape[2], dtype=torch.bool)
            pooled.append(tuple(WAYS[way].of_tensor(active, inside, count, _itself) for way in self._ways))
        logits: Tensor = self.dense(join_widths(pooled))
        return logits


def saliency(directory: ModelDirectory) -> Attribution:
    """The absolute gradient of the logit, summed over the numbers of a token's vector."""
    from captum.attr import Saliency

    def score(model: EmbeddedTextCNN, vectors: Tensor, label: int) -> Tensor:
        gradients: Tensor = Saliency(model).attribute(vectors, target=label)
        return gradients.sum(dim=2)

    return _of_text(directory, score)


def guided(directory: ModelDirectory) -> Attribution:
    """Guided backpropagation, times the vector; with tanh nothing is taken out of the gradient."""
    from captum.attr import GuidedBackprop

    def score(model: EmbeddedTextCNN, vectors: Tensor, label: int) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it tells each time that it sets hooks
            gradients: Tensor = GuidedBackprop(model).attribute(vectors, target=label)
        return (gradients * vectors).sum(dim=2)

    return _of_text(directory, score)


def integrated_gradients(directory: ModelDirectory) -> Attribution:
    """Integrated gradients from padding alone to the text; they sum to the difference of the two logits."""
    from captum.attr import IntegratedGradients

    def score(model: EmbeddedTextCNN, vectors: Tensor, label: int) -> Tensor:
        parts: Tensor = IntegratedGradients(model).attribute(vectors, target=label, n_steps=STEPS)
        return parts.sum(dim=2)

    return _of_text(directory, score)


def grad_cam(directory: ModelDirectory) -> Attribution:
    """Grad-CAM of each width's activated convolution, added up over the widths."""
    from captum.attr import LayerGradCam

    def score(model: EmbeddedTextCNN, vectors: Tensor, label: int) -> Tensor:
        scores = torch.zeros(vectors.shape[:2])
        for name, layer in model.activations.items():
            windows: Tensor = LayerGradCam(model, layer).attribute(
                vectors, target=label, relu_attributions=True
            )  # B x 1 x n+w-1
            width = int(name)
            # A token is in w windows, and gets a w-th of each.
            scores = scores + functional.avg_pool1d(windows, width, stride=1)[:, 0]
        return scores

    return _of_text(directory, score)


def _itself(values: Tensor) -> Tensor:
    """Leave values alone: a module has activated them, which captum hooks."""
    return values


def _of_text(
    directory: ModelDirectory, score: Callable[[EmbeddedTextCNN, Tensor, int], Tensor]
) -> Attribution:
    """Make a function that scores the tokens of a text from one that scores an embedded text (1 x n x D)."""
    network = TextCNN(directory.config().network)
    network.load_weights(directory.weights())
    network.eval()
    model = EmbeddedTextCNN(network).eval()

    def attribute(ids: NDArray[np.int32], label: int) -> NDArray[np.float64]:
        if not len(ids):
            return np.zeros(0)
        tokens = torch.from_numpy(ids.astype(np.int64))[None]
        vectors = network.vectors(tokens).detach().requires_grad_()
        scores: NDArray[np.float64] = score(model, vectors, label)[0].detach().double().numpy()
        return scores

    return attribute
