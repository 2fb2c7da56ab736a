"""The rows that a retraining trains and is judged on: kept and new ones, split for good by the model's salt.

WORK/train.jsonl, validation.jsonl       what `textcnn train` is given
WORK/evaluation.jsonl                    the rows that versions are compared on
WORK/new.jsonl                           the new rows, as they will be kept
WORK/plan.json                           written last: the plan is whole, and a resumed job keeps to it
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from textcnn.errors import CorpusError
from textcnn.reading.rows import Row
from textcnn.service.retraining.kept_corpora import Corpora, write_rows
from textcnn.service.retraining.salted_split import side_of
from textcnn.service.storage import durable_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from textcnn.service.retraining.retrain_request import Data
    from textcnn.service.versions.repository import Repository


@dataclass(frozen=True)
class Plan:
    """The parts of a retraining, in figures."""

    corpora: tuple[str, ...]
    """Ids of the kept corpora whose rows take part, oldest first."""
    start: str | None
    """The version that was live when the plan was made; None where there was none."""
    rows: dict[str, int]
    """Rows to train on, to validate on, and to compare on: `kept` and `new`."""
    relabelled: int
    """Kept rows that a new row gave other labels."""
    left_out: dict[str, int]
    """Labels without a row to train on, with the numbers of rows that were left out for that."""

    def notes(self) -> list[str]:
        """Notes for a reader of the verdict, one sentence each."""
        rows = self.rows
        notes = [
            f"{rows['train']:,} rows to train on, {rows['validation']:,} to validate on; compared on "
            f"{rows['kept']:,} kept and {rows['new']:,} new rows."
        ]
        if self.relabelled:
            notes.append(f"{self.relabelled:,} kept rows got the labels of the new ones.")
        notes += [
            f"The label '{label[:40]}' has no row to train on; its {count:,} others were left out."
            for label, count in self.left_out.items()
        ]
        return notes


def make_plan(work: Path, repository: Repository, model: str, new: Iterable[Row], *, data: Data) -> Plan:
    """Split the kept rows and the new ones, and write the parts; of two labels of a text the newer wins.

    Raises:
        CorpusError: there are no new rows, or all rows together have fewer labels than a model needs.
    """
    home, live = repository.home(model), repository.live(model)
    salt, corpora_of_model = home.salt(), Corpora(home)
    corpora = live.corpora if live is not None and data == "union" else ()
    old_rows = {row.text: row for corpus in corpora for row in corpora_of_model.rows(corpus)}
    new_rows = {row.text: row for row in new}
    if not new_rows:
        raise CorpusError("found no rows; expected a text and a label in each")
    relabelled = sum(
        set(old_rows[text].labels) != set(row.labels) for text, row in new_rows.items() if text in old_rows
    )
    parts = {"kept": [row for text, row in old_rows.items() if text not in new_rows]}
    parts["new"] = list(new_rows.values())
    sides = _parted(parts, salt)
    _require_labels(parts)
    left_out = _leave_out(sides)
    _write(work, sides, parts["new"])
    rows = {name: len(part) for name, part in sides.items()}
    plan = Plan(corpora, None if live is None else live.version, rows, relabelled, left_out)
    durable_files.write_json(work / "plan.json", asdict(plan))
    return plan


def read_plan(work: Path) -> Plan | None:
    """The plan that was written to a directory; None where there is no complete one."""
    values = durable_files.read_json(work / "plan.json")
    if values is None:
        return None
    return Plan(**{**values, "corpora": tuple(values["corpora"])})


def read_evaluation(work: Path) -> dict[str, list[Row]]:
    """The rows to compare on, `kept` and `new`."""
    parts: dict[str, list[Row]] = {"kept": [], "new": []}
    with (work / "evaluation.jsonl").open(encoding="utf-8") as file:
        for line, data in enumerate(file, start=1):
            values: dict[str, Any] = json.loads(data)
            row = Row(line, values["text"], tuple(values["labels"]), "evaluation.jsonl")
            parts[values["part"]].append(row)
    return parts


def _parted(parts: Mapping[str, list[Row]], salt: str) -> dict[str, list[Row]]:
    """Rows to train on, to validate on, and those to compare on by the part they come from."""
    sides: dict[str, list[Row]] = {"train": [], "validation": [], "kept": [], "new": []}
    for name, rows in parts.items():
        for row in rows:
            side = side_of(row.text, salt)
            sides[name if side == "evaluation" else side].append(row)
    return sides


def _require_labels(parts: Mapping[str, list[Row]]) -> None:
    rows = [row for part in parts.values() for row in part]
    labels = {label for row in rows for label in row.labels}
    if len(labels) < 2 and all(len(row.labels) == 1 for row in rows):
        raise CorpusError(f"all rows together have {len(labels)} label; at least two are needed to classify")


def _leave_out(sides: dict[str, list[Row]]) -> dict[str, int]:
    """Leave out rows of a label that nothing can be learned of, since chance left it no row to train on."""
    trained_labels = {label for row in sides["train"] for label in row.labels}
    left_out: Counter[str] = Counter()
    for name in ("validation", "kept", "new"):
        rows_left_out = [row for row in sides[name] if not trained_labels.issuperset(row.labels)]
        left_out.update(label for row in rows_left_out for label in row.labels if label not in trained_labels)
        sides[name] = [row for row in sides[name] if trained_labels.issuperset(row.labels)]
    return dict(sorted(left_out.items()))


def _write(work: Path, sides: Mapping[str, list[Row]], new: list[Row]) -> None:
    write_rows(work / "train.jsonl", sides["train"])
    write_rows(work / "validation.jsonl", sides["validation"])
    write_rows(work / "new.jsonl", new)
    write_rows(work / "evaluation.jsonl", sides["kept"], part="kept")
    with (work / "evaluation.jsonl").open("a", encoding="utf-8") as file:
        for row in sides["new"]:
            file.write(json.dumps({"text": row.text, "labels": row.labels, "part": "new"}) + "\n")
