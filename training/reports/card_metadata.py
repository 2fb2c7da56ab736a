"""The metadata of a model card: what Hugging Face reads, in YAML on top.

https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def front_matter(
    evaluation: Mapping[str, Any] | None, name: str, licence: str | None, languages: Sequence[str]
) -> str:
    """Write YAML whose values are written as JSON, so that no label and no name can break out of it."""
    metadata: dict[str, Any] = {"library_name": "textcnn", "pipeline_tag": "text-classification"}
    metadata["tags"] = ["textcnn", "text-classification", "convolutional-neural-network"]
    if licence:
        metadata["license"] = licence
    if languages:
        metadata["language"] = list(languages)
    if evaluation:
        metadata["metrics"] = ["accuracy", "f1"]
        metadata["model-index"] = [{"name": name, "results": [_result(evaluation, name)]}]
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items())
    return "\n".join(["---", *lines, "---"])


def _result(evaluation: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One entry of a model index; the data set of an own corpus has no other name than the model's."""
    metrics = [{"type": "accuracy", "name": "Accuracy", "value": round(evaluation["accuracy"], 4)}]
    for key, title in (("macro_f1", "Macro F1"), ("micro_f1", "Micro F1")):
        if key in evaluation:
            metrics.append({"type": "f1", "name": title, "value": round(evaluation[key], 4)})
    return {
        "task": {"type": "text-classification", "name": "Text classification"},
        "dataset": {"name": f"test part of {name}", "type": name, "split": "test"},
        "metrics": metrics,
    }
