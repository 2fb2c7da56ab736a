"""The model card: the README.md of a model directory, with the metadata that Hugging Face reads.

https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from textcnn.evaluation.baseline_figures import baseline_figures
from textcnn.evaluation.figure_names import OF_A_LABEL, OVERALL
from textcnn.training.reports.card_metadata import front_matter
from textcnn.training.reports.markdown import brief, escape_markdown, markdown_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textcnn.config import ModelConfig

LABELS_SHOWN = 100
_FEW = 30


def model_card(
    config: ModelConfig,
    evaluation: Mapping[str, Any] | None,
    training: Mapping[str, Any],
    *,
    name: str,
    source: str = "",
    licence: str | None = None,
    languages: Sequence[str] = (),
) -> str:
    """The card, in Markdown below YAML.

    `evaluation` is `Evaluation.to_dict()`, or None without a test part; `training` is what `training.json`
    holds; `source` tells in free Markdown where the texts come from and under what licence; `licence` and
    `languages` are identifiers of the model itself (`apache-2.0`, `en`).
    """
    sections = [
        front_matter(evaluation, name, licence, languages),
        _introduction(config, name),
        _labels(config, training),
        _usage(name),
        _data(training, source),
        _figures(evaluation, training),
        _calibration(config, evaluation),
        _limits(config, evaluation),
        _how_trained(training),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _introduction(config: ModelConfig, name: str) -> str:
    network = config.network
    count = len(config.labels)
    gives = f"any of {count} labels, or none," if config.multi_label else f"one of {count} labels"
    widths = ", ".join(map(str, network.widths))
    members = f"in each of {network.members} networks whose mean decides, " * (network.members > 1)
    return (
        f"# {escape_markdown(name)}\n\n"
        "A convolutional neural network (TextCNN, [Kim 2014](https://aclanthology.org/D14-1181/)) that "
        f"gives {gives} to a text. It reads windows of {widths} tokens with {network.filters} filters each, "
        f"{members}over a vocabulary of {network.vocabulary_size:,} tokens "
        f"({network.embedding_dim} dimensions, `{network.channels}`). It runs on a CPU, without PyTorch."
    )


def _labels(config: ModelConfig, training: Mapping[str, Any]) -> str:
    counts = training.get("corpus", {}).get("labels")
    counts = counts if isinstance(counts, dict) else {}
    head = ["label", *["rows"] * bool(counts), *["threshold"] * config.multi_label]
    rows = []
    for index, label in enumerate(config.labels[:LABELS_SHOWN]):
        row = [escape_markdown(label)]
        if counts:
            row.append(str(counts.get(label, "")))
        if config.multi_label:
            row.append(f"{config.thresholds[index]:.3f}")
        rows.append(row)
    return "## Labels\n\n" + markdown_table(head, rows) + _more(len(config.labels))


def _usage(name: str) -> str:
    body = json.dumps({"text": "Your text.", "model": name}, ensure_ascii=False)
    return f"""## How to use it

By the path of its directory, or by its name where it is bundled with the package or served.

```python
from textcnn import TextClassifier

classifier = TextClassifier.load({json.dumps(name, ensure_ascii=False)})
prediction = classifier.classify("Your text.")
prediction.label, prediction.score, prediction.scores
```

```sh
textcnn classify {shlex.quote(name)} "Your text."
```

```sh
curl http://127.0.0.1:8000/v1/classify -H 'content-type: application/json' -d {shlex.quote(body)}
```"""


def _data(training: Mapping[str, Any], source: str) -> str:
    corpus = training.get("corpus", {})
    origin = source.strip() or "Where the texts come from, and under what licence, was not said."
    facts = [
        f"- {escape_markdown(key.replace('_', ' '))}: {escape_markdown(brief(value))}"
        for key, value in corpus.items()
        if key != "labels"
    ]
    if training.get("refit_rows"):
        facts.append(
            f"- trained on in the end: {training['refit_rows']:,} rows, the validation part among them"
        )
    if training.get("distillation"):
        facts.append(_distillation(training["distillation"]))
    return "\n".join([f"## Data\n\n{origin}", *([""] if facts else []), *facts])


def _distillation(facts: Mapping[str, Any]) -> str:
    teacher = escape_markdown(str(facts["teacher"]))
    return (
        f"- learnt from the scores of a teacher, {teacher}, on {facts['labelled']:,} labelled and "
        f"{facts['unlabelled']:,} unlabelled texts; what the teacher itself was trained on is not told here"
    )


def _figures(evaluation: Mapping[str, Any] | None, training: Mapping[str, Any]) -> str:
    if not evaluation:
        return "## Figures\n\nThere was no test part, so how good the model is on unseen texts is not known."
    several = "micro_f1" in evaluation
    rows = [["accuracy (all labels right)" if several else "accuracy", *_scored(evaluation, "accuracy")]]
    rows += [
        [figure, *_scored(evaluation, key)]
        for key, figure in OVERALL.items()
        if key in evaluation and key != "accuracy"
    ]
    rows += [[escape_markdown(name), figure, ""] for name, figure in baseline_figures(evaluation)]
    per_label = [
        [escape_markdown(label), str(scores["support"])]
        + [" ".join(_scored(scores, key)) for key in OF_A_LABEL]
        for label, scores in list(evaluation["per_label"].items())[:LABELS_SHOWN]
    ]
    return (
        f"## Figures\n\nOn {evaluation['rows']:,} {tested_on(training)}, with 95 % intervals.\n\n"
        + markdown_table(("", "value", "95 %"), rows)
        + "\n\n"
        + markdown_table(("label", "rows", *OF_A_LABEL.values()), per_label)
        + _more(len(evaluation["per_label"]))
    )


def _calibration(config: ModelConfig, evaluation: Mapping[str, Any] | None) -> str:
    text = f"## Calibration\n\nLogits are divided by a temperature of {config.temperature:.4g}"
    if not evaluation:
        return f"{text}."
    calibration = evaluation["calibration"]
    return (
        f"{text}, fitted on validation rows. The expected calibration error on the test part (15 bins) is "
        f"{calibration['ece']:.4f}; at temperature 1 it is {calibration['ece_before']:.4f}."
    )


def _limits(config: ModelConfig, evaluation: Mapping[str, Any] | None) -> str:
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in _each_limit(config, evaluation))


def _each_limit(config: ModelConfig, evaluation: Mapping[str, Any] | None) -> Iterator[str]:
    widest = max(config.network.widths)
    yield "The figures hold for texts like the corpus's; on others the model may be confidently wrong."
    yield (
        f"It sees phrases of up to {widest} tokens and which of them occur, not where: what depends on a "
        "longer context (irony, who said what, a negation far away) is lost to it."
    )
    if not config.multi_label and not config.unknown_below:
        yield (
            "It always names one of its labels, also for a text that has nothing to do with any; "
            "`unknown_below` lets it answer that it does not know."
        )
    for warning in (evaluation or {}).get("warnings", ()):
        yield f"Warning: {escape_markdown(warning)}"
    per_label = evaluation["per_label"] if evaluation else {}
    few = [label for label, scores in per_label.items() if scores["support"] < _FEW]
    if few:
        named = ", ".join(escape_markdown(label) for label in few[:10]) + (", …" if len(few) > 10 else "")
        yield f"Labels with under {_FEW} test rows, whose figures are rough: {named}."


def tested_on(training: Mapping[str, Any]) -> str:
    """Name the texts that the figures are of; an earlier model that training went on from may know them."""
    if training.get("start", {}).get("is_model"):
        return "texts that this training did not see; the model that it went on from may have"
    return "texts that neither training nor selection saw"


_MADE_OF = {
    "base-en": ", made of the word embeddings of all-MiniLM-L6-v2 (Apache License 2.0)",
    "base-zh": ", made of the word embeddings of multilingual-e5-small (MIT)",
}


def _began_with(training: Mapping[str, Any]) -> str:
    """Name the source of the weights besides the corpus; licences may follow from it."""
    start = training.get("start", {"name": "rand"})
    if start["name"] == "rand":
        return ""
    name = escape_markdown(str(start["name"]))
    licence = _MADE_OF.get(start["name"], "")
    covered = f"{100 * start['coverage']:.1f} %"
    return f"Vectors and tokens began as those of {name}{licence}: {covered} of the training text. "


def _how_trained(training: Mapping[str, Any]) -> str:
    run_facts = [
        f"{name} {escape_markdown(brief(training[key]))}"
        for key, name in (("seed", "seed"), ("device", "on"), ("seconds", "in seconds:"))
        if key in training
    ]
    in_brackets = f" ({', '.join(run_facts)})" if run_facts else ""
    return (
        f"## Training\n\n{_began_with(training)}"
        "`training.json` tells the recipe, the seed, the corpus' fingerprint and the versions of all "
        f"libraries{in_brackets}; `report.html` shows the learning curves and the errors."
    )


def _scored(values: Mapping[str, Any], key: str) -> list[str]:
    """A figure and its interval, where there is one."""
    interval = values.get(f"{key}_interval")
    return [f"{values[key]:.3f}", f"({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""]


def _more(count: int) -> str:
    return f"\n\n… and {count - LABELS_SHOWN} more." if count > LABELS_SHOWN else ""
