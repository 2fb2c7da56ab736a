"""A Hugging Face encoder as teacher: fine-tuned on a corpus first, where there is no classifier yet."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from textcnn.errors import ConfigError
from textcnn.evaluation.metrics import accuracy
from textcnn.new_directory import new_directory, require_free
from textcnn.training.device import find_device, require_one_process
from textcnn.training.distillation.label_order import label_order
from textcnn.training.distillation.taught_texts import SEEN, read_seen, write_seen
from textcnn.training.fitting.batches import shuffled_batches
from textcnn.training.fitting.objective import target_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from textcnn.training.data.corpus import Corpus
    from textcnn.training.progress import Reporter

LONGEST = 256
"""Tokens that an encoder reads of a text; its cost grows with their square."""
SCORED_TOGETHER = 64


class EncoderTeacher:
    """A sequence classifier, by directory or name on the hub."""

    slow = True

    def __init__(self, name: str, labels: Sequence[str], called: Mapping[str, str]) -> None:
        self.name = Path(name).name if Path(name).is_dir() else name
        with find_device() as device:
            self._device = device.torch_device
        self._tokenizer, self._model = _load(name)
        self._model = self._model.to(self._device).eval()
        label_of = self._model.config.id2label
        self._order = label_order([label_of[number] for number in sorted(label_of)], labels, called)
        self.identity = _identity(name, self._model, self._tokenizer, self._order)
        self.seen = read_seen(Path(name))

    @torch.no_grad()
    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (texts x L) in the order of our labels."""
        result = np.zeros((len(texts), len(self._order)))
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for first in range(0, len(texts), SCORED_TOGETHER):
            rows = by_length[first : first + SCORED_TOGETHER]
            inputs = _encode(self._tokenizer, [texts[row] for row in rows], self._device)
            with _autocast(self._device):
                logits = self._model(**inputs).logits
            result[rows] = logits.double().softmax(dim=1).cpu().numpy()[:, self._order]
        return result


def teach(
    corpus: Corpus,
    encoder: str,
    out: Path,
    *,
    epochs: int = 3,
    batch_size: int = 32,
    learning_rate: float = 1e-4,
    seed: int = 0,
    replace: bool = False,
    reporter: Reporter,
) -> float:
    """Fine-tune an encoder on a corpus's training part and write it to `out`; its best validation accuracy.

    The epoch is chosen by the validation part; the test part is not looked at. Beside the weights stays which
    texts were, for `distill` to test on none of them.

    Raises:
        ConfigError: the corpus is multi-label, or the encoder cannot be read.
        InputError: `out` is taken, and by no teacher or `replace` is not said.
    """
    if corpus.multi_label:
        raise ConfigError("A teacher gives one label to each text, and the corpus is multi-label.")
    require_one_process("Teaching")
    require_free(out, replace=replace, mark=SEEN, noun="teacher")
    seen_before = read_seen(Path(encoder))
    torch.manual_seed(seed)
    tokenizer, model = _load(encoder, corpus.labels)
    with find_device() as found_device:
        device = found_device.torch_device
    model = model.to(device)
    texts, truth = corpus.train[:]["text"], _truth(corpus.train[:]["labels"], corpus)
    lengths = np.array([len(text) for text in texts])
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01, fused=True)
    steps = epochs * -(-len(texts) // batch_size)
    warmup = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))
    )
    best, best_state = -1.0, {}
    reporter.begin(epochs)
    for epoch in range(epochs):
        started, total = time.perf_counter(), 0.0
        model.train()
        batches = shuffled_batches(lengths, batch_size, np.random.default_rng((seed, epoch)))
        for step, rows in enumerate(batches, start=1):
            inputs = _encode(tokenizer, [texts[row] for row in rows], device)
            with _autocast(device):
                logits = model(**inputs).logits
            loss = functional.cross_entropy(logits.float(), torch.from_numpy(truth[rows]).to(device))
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            total += loss.item() * len(rows)
            if reporter.wants_step():
                done = min(step * batch_size, len(texts))
                reporter.step(epoch + 1, step, len(batches), loss=total / done, texts=done)
        score, validation_loss = _validate(model, tokenizer, corpus, device)
        is_best = score > best
        if is_best:
            best, best_state = score, {key: value.clone() for key, value in model.state_dict().items()}
        row = {
            "epoch": epoch + 1,
            "loss": total / len(texts),
            "validation_loss": validation_loss,
            "validation_score": score,
            "seconds": time.perf_counter() - started,
        }
        reporter.epoch(row, best=is_best)
    model.load_state_dict(best_state)
    with new_directory(out, replace=replace, mark=SEEN, noun="teacher") as directory:
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        write_seen(directory, corpus, seen_before)
    return best


@torch.no_grad()
def _validate(model: Any, tokenizer: Any, corpus: Corpus, device: torch.device) -> tuple[float, float]:  # noqa: ANN401  # the library's
    """Accuracy and mean loss on the validation part."""
    model.eval()
    rows = corpus.validation[:]
    truth = _truth(rows["labels"], corpus)
    parts = []
    for first in range(0, len(truth), SCORED_TOGETHER):
        inputs = _encode(tokenizer, rows["text"][first : first + SCORED_TOGETHER], device)
        with _autocast(device):
            parts.append(model(**inputs).logits.float().cpu())
    logits = torch.cat(parts)
    loss = float(functional.cross_entropy(logits, torch.from_numpy(truth)))
    return accuracy(truth, logits.argmax(dim=1).numpy()), loss


def _autocast(device: torch.device) -> torch.autocast:
    """bfloat16 on CUDA, and on processors that multiply it (AMX); older PyTorch cannot tell which do."""
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    fast = device.type == "cuda" or bool(capabilities.get("amx_bf16", False))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=fast)


def _truth(labels: Sequence[Sequence[int]], corpus: Corpus) -> NDArray[np.int64]:
    return target_array(labels, len(corpus.labels), multi_label=False)


def _encode(tokenizer: Any, texts: Sequence[str], device: torch.device) -> dict[str, Any]:  # noqa: ANN401  # the library's
    encoded = tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    return {key: value.to(device) for key, value in encoded.items()}


def _load(name: str, labels: Sequence[str] | None = None) -> tuple[Any, Any]:
    """Tokenizer and sequence classifier; with labels, one with a new head for these."""
    import transformers

    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    head: dict[str, Any] = {}
    field, wanted = "encoder", "a directory with config.json, tokenizer and weights, or a name on the hub"
    if labels is None:
        field, wanted = "teacher", f"{wanted}, or a file of scores"
    else:
        numbers = dict(enumerate(labels))
        head = {"id2label": numbers, "label2id": {label: number for number, label in numbers.items()}}
        head |= {"num_labels": len(labels), "ignore_mismatched_sizes": True}
    if name.startswith(("/", ".", "~")) and not Path(name).is_dir():
        raise ConfigError(f"There is no directory '{name}'. Give {wanted}.", field=field)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(name, **head)
    except Exception as error:  # the library raises its own, HTTP's and the system's
        raise ConfigError(
            f"'{name}' cannot be read as a Hugging Face model ({type(error).__name__}: {error}). "
            f"Give {wanted}.",
            field=field,
        ) from error
    return tokenizer, model


def _identity(name: str, model: Any, tokenizer: Any, order: Sequence[int]) -> str:  # noqa: ANN401  # the library's
    """The weights, by commit or digest, and a digest of what else decides a text's scores and their order."""
    reading = {
        "tokenizer": tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else tokenizer.get_vocab(),
        "longest": LONGEST,
        "id2label": model.config.id2label,
        "order": order,
    }
    digest = hashlib.sha256(json.dumps(reading, sort_keys=True).encode()).hexdigest()
    return f"{_weights_identity(name, model)}, read as {digest[:16]}"


def _weights_identity(name: str, model: Any) -> str:  # noqa: ANN401  # the library's
    if not Path(name).is_dir():
        return f"{name}@{getattr(model.config, '_commit_hash', None)}"
    digest = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        digest.update(key.encode() + value.cpu().float().numpy().tobytes())
    return digest.hexdigest()
