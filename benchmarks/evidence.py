"""Evidence is exact, and what it costs: `python -m benchmarks evidence`.

The sum of bias and contributions is held to the engine's own logit over random networks and texts, 10,000
pairs of them; beside it stands what an explanation takes, against a classification of the same sentences, in
this process and over HTTP.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from benchmarks.http_load import drive_well, post
from benchmarks.load import make_texts
from benchmarks.machine import write_results
from benchmarks.servers import new_api_key, textcnn_server
from textcnn.classifier import TextClassifier
from textcnn.config import Activation, Channels, NetworkConfig, Pooling
from textcnn.engine.engine import Engine
from textcnn.evidence.logit_shares import share_over_spans
from textcnn.network.weights import expected_shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from textcnn.network.weights import Weights

MODELS: Final = 1_000
TEXTS: Final = 10
"""For each model."""
ALLOWED: Final = 1e-4
VOCABULARY: Final = 200
SENTENCES: Final = (
    "A warm and funny film, wonderfully acted by everyone who is in it.",
    "Dull, lifeless and far too long.",
    "Not a good film, but not one that you will forget either.",
    "The plot is thin, the jokes are old, and yet it made me laugh from its first minute to its last.",
)
ROUNDS: Final = 200
HTTP_ROUNDS: Final = 7
HTTP_SECONDS: Final = 2.0


def main() -> None:
    """Prove it, measure it, and keep both."""
    worst = largest_difference()
    costs, http = _costs(), over_http()
    exactness = {"pairs": MODELS * TEXTS, "largest_difference": worst, "allowed": ALLOWED}
    write_results("evidence", {**exactness, "microseconds": costs, "http": http})
    print(f"evidence: {MODELS * TEXTS:,} pairs, off by {worst:.1e} at most ({ALLOWED:g} is allowed); {costs}")
    print("evidence, over HTTP:", http)
    if worst > ALLOWED:
        sys.exit("evidence: the contributions do not sum to the logit.")


def largest_difference(models: int = MODELS, seed: int = 0) -> float:
    """The largest gap between a logit and its contributions, in parts of the larger of 1 and its size."""
    random = np.random.default_rng(seed)
    worst = 0.0
    for _ in range(models):
        config = _network(random)
        numbers = random.choice(["int16", "float32"])
        engine = Engine(config, _weights(config, random), numbers=str(numbers))  # type: ignore[arg-type]  # one of the two
        for length in random.choice([0, 1, 2, 5, 20, 60, 300], TEXTS).tolist():
            shares = share_over_spans(engine, random.integers(0, VOCABULARY, length).astype(np.int32))
            sums = shares.bias + shares.values.sum(axis=0)
            off = np.abs(sums - shares.logits) / np.maximum(1, np.abs(shares.logits))
            worst = max(worst, float(off.max()))
    return worst


def _network(random: np.random.Generator) -> NetworkConfig:
    return NetworkConfig(
        vocabulary_size=VOCABULARY,
        outputs=int(random.integers(1, 6)),
        embedding_dim=int(random.integers(1, 17)),
        channels=random.choice(get_args(Channels)),
        widths=tuple(random.choice(np.arange(1, 8), random.integers(1, 5), replace=False).tolist()),
        filters=int(random.integers(1, 33)),
        activation=random.choice(get_args(Activation)),
        batch_norm=bool(random.integers(2)),
        pooling=random.choice(get_args(Pooling)),
        members=int(random.integers(1, 4)),
    )


def _weights(config: NetworkConfig, random: np.random.Generator) -> Weights:
    weights = {
        name: random.normal(0, 0.5, shape).astype(np.float32)
        for name, shape in expected_shapes(config).items()
    }
    for name, array in weights.items():
        if name.endswith("running_var"):
            weights[name] = np.abs(array) + np.float32(0.1)
    return weights


def _costs() -> dict[str, Any]:
    """Microseconds a sentence: the median of several rounds, with the bundled model."""
    classifier = TextClassifier.load("sentiment")
    ways: dict[str, Callable[[str], object]] = {
        "classify": classifier.classify,
        "explain": classifier.explain,
        "explain and summary": lambda text: classifier.explain(text).summary(),
    }
    costs: dict[str, Any] = {}
    for name, way in ways.items():
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for text in SENTENCES:
                way(text)
            times.append((time.perf_counter() - started) / len(SENTENCES))
        costs[name] = round(1e6 * float(np.median(times)), 1)
    return costs


def over_http() -> dict[str, Any]:
    """Milliseconds of half of all requests on one connection, with evidence and without it, in turns."""
    secret, keys = new_api_key()
    requests = {
        name: [post("/v1/classify", {"text": text, **more}, key=secret) for text in make_texts(256)]
        for name, more in (("without", {}), ("with", {"evidence": True}))
    }
    p50: dict[str, list[float]] = {name: [] for name in requests}
    with tempfile.TemporaryDirectory() as folder, textcnn_server(Path(folder), keys) as server:
        for _ in range(HTTP_ROUNDS + 1):
            for name, bodies in requests.items():
                tally = drive_well(server.port, bodies, connections=1, seconds=HTTP_SECONDS)
                p50[name].append(1e3 * tally.percentile(50))
    pairs = zip(p50["with"][1:], p50["without"][1:], strict=True)  # the first round is a warm-up
    return {
        "p50_ms": {name: round(statistics.median(values[1:]), 4) for name, values in p50.items()},
        "ratio": round(statistics.median(one / other for one, other in pairs), 2),
        "required": 2.0,
    }


if __name__ == "__main__":
    main()
