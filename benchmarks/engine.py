"""The engine beside its peers: `python -m benchmarks engine`, all in one run on the same distinct sentences.

Contenders take turns, and each figure is the median of its rounds, for machines are noisy; a ratio is the
median of the ratios within a round. One thread on each side, but for the file on all cores. Nothing is kept
between texts, and warming up is done on other sentences.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.footprint import measure_footprint
from benchmarks.machine import write_results
from benchmarks.peer_training import make_peers
from benchmarks.peers import Batches, EagerNetwork, OnnxNetwork, SpacyPipeline, load_peer
from benchmarks.sentences import other_sentences, sentences
from benchmarks.startup import COMMAND, seconds_of
from textcnn import TextClassifier
from textcnn.files.workers import available_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Contender = Callable[[Sequence[str]], object]

COUNT = 100_000
SLOW_COUNT = 2_000
"""Sentences for contenders that take more than 100 microseconds each."""
ROUNDS = 3
MODEL = "sentiment"
FASTTEXT = shutil.which("fasttext")
BATCHES = (1, 32, 1024)
EAGER_BATCHES = (1, 8, 32, 128, 512)
QUICK = ("textcnn", "fastText, bigrams", "fastText, unigrams")
"""These get all sentences."""
PEER_PACKAGES = ("fasttext-numpy2", "onnxruntime", "scikit-learn", "spacy")


def main() -> None:
    """Measure everything, and keep it as `benchmarks/results/engine.json`."""
    # One thread on each side: the tokenizers library would take all cores for a batch.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    texts, others = sentences(COUNT), other_sentences(2_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = make_peers(folder, MODEL)
        results = {
            "versions": {package: version(package) for package in PEER_PACKAGES},
            "sentences": len(texts),
            "rounds": ROUNDS,
            "single": measure_single(texts, others, places),
            "batch": measure_batches(texts, others, places),
            "kernel": measure_kernel(texts),
            "file": measure_file(texts, folder, places),
            "peers": measure_footprint(places),
        }
    write_results("engine", results)


def measure_single(texts: list[str], others: list[str], places: dict[str, Path]) -> dict[str, Any]:
    """Microseconds a text, one call for each."""
    slow = texts[:SLOW_COUNT]
    contenders: dict[str, tuple[Contender, list[str]]] = {
        name: (_one_by_one(load_peer(name, path)), texts if name in QUICK else slow)
        for name, path in places.items()
    }
    return _take_turns(contenders, others)


def measure_batches(texts: list[str], others: list[str], places: dict[str, Path]) -> dict[str, Any]:
    """Microseconds a text, tokenisation included, in batches of several sizes."""
    classifier = TextClassifier.load(MODEL)
    peers: dict[str, Batches] = {
        "PyTorch, eager": EagerNetwork(MODEL),
        "onnxruntime": OnnxNetwork(places["onnxruntime"]),
        "spaCy, CNN": SpacyPipeline(places["spaCy, CNN"]),
    }
    results = {}
    for size in BATCHES:
        few = texts[: max(SLOW_COUNT, 4 * size)]
        contenders: dict[str, tuple[Contender, list[str]]] = {
            "textcnn": (_in_batches(classifier.classify_batch, size), texts)
        }
        contenders |= {name: (_in_batches(peer.classify, size), few) for name, peer in peers.items()}
        results[str(size)] = _take_turns(contenders, others)
    return results


def measure_kernel(texts: list[str]) -> dict[str, Any]:
    """Microseconds a text from ids to logits; PyTorch sorted by length, at its best batch size."""
    classifier, eager = TextClassifier.load(MODEL), EagerNetwork(MODEL)
    batch = classifier.tokenize(texts)
    classifier.score(batch)
    few = texts[: 2 * SLOW_COUNT]
    by_size: dict[int, list[float]] = {size: [] for size in EAGER_BATCHES}
    ours = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        classifier.score(batch)
        ours.append((time.perf_counter() - started) / len(texts) * 1e6)
        for size, times in by_size.items():
            prepared = eager.prepare(few, size)
            started = time.perf_counter()
            for ids, lengths in prepared:
                eager.logits(ids, lengths)
            times.append((time.perf_counter() - started) / len(few) * 1e6)
    best = min(by_size, key=lambda size: statistics.median(by_size[size]))
    ratios = [mine / theirs for mine, theirs in zip(ours, by_size[best], strict=True)]
    return {
        "textcnn": statistics.median(ours),
        "PyTorch, eager": statistics.median(by_size[best]),
        "best_batch": best,
        "ratio": statistics.median(ratios),
    }


def measure_file(texts: list[str], folder: Path, places: dict[str, Path]) -> dict[str, Any]:
    """Seconds for a file of lines as whole processes, and net of the same on a file of one line."""
    lines, one = folder / "lines.txt", folder / "one.txt"
    lines.write_text("\n".join(texts) + "\n", encoding="utf-8")
    one.write_text(texts[0] + "\n", encoding="utf-8")
    commands: dict[str, list[str]] = {
        f"textcnn, {cores} core{'s' * (cores > 1)}": [
            *(COMMAND, "classify", MODEL, "--format", "lines", "--replace", "--workers", str(cores)),
            *("--output", str(folder / "out.tsv"), "--input"),
        ]
        for cores in sorted({1, available_cores()})
    }
    if FASTTEXT:
        for name in ("fastText, bigrams", "fastText, unigrams"):
            commands[name] = [FASTTEXT, "predict", str(places[name])]
    net: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS + 1):
        for name, command in commands.items():
            # Loading a large model is noisy: the quickest of three starts.
            start = min(seconds_of([*command, str(one)]) for _ in range(3))
            net[name].append(seconds_of([*command, str(lines)]) - start)
    return {
        "lines": len(texts),
        "net_seconds": {name: statistics.median(times[1:]) for name, times in net.items()},
        "ratio_to_all_cores": {
            name: statistics.median(
                mine / theirs for mine, theirs in zip(net[_all_cores(net)][1:], times[1:], strict=True)
            )
            for name, times in net.items()
        },
    }


def _take_turns(contenders: dict[str, tuple[Contender, list[str]]], others: list[str]) -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for run, _ in contenders.values():
        run(others[:200])
    for _ in range(ROUNDS):
        for name, (run, given) in contenders.items():
            started = time.perf_counter()
            run(given)
            times[name].append((time.perf_counter() - started) / len(given) * 1e6)
    first = next(iter(times))
    return {
        "microseconds": {name: statistics.median(each) for name, each in times.items()},
        "ratio": {
            name: statistics.median(mine / theirs for mine, theirs in zip(times[first], each, strict=True))
            for name, each in times.items()
            if name != first
        },
        "sentences": {name: len(given) for name, (_, given) in contenders.items()},
    }


def _one_by_one(call: Callable[[str], object]) -> Contender:
    def run(texts: Sequence[str]) -> None:
        for text in texts:
            call(text)

    return run


def _in_batches(call: Callable[[list[str]], object], size: int) -> Contender:
    def run(texts: Sequence[str]) -> None:
        for start in range(0, len(texts), size):
            call(list(texts[start : start + size]))

    return run


def _all_cores(times: dict[str, list[float]]) -> str:
    return [name for name in times if name.startswith("textcnn")][-1]
