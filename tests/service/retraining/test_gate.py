"""The gate: what is let through, and what is not, on rows made for each promise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from textcnn.evaluation.metrics import Reliability
from textcnn.service.retraining.gate import (
    COLLAPSE,
    FEWEST_ROWS,
    KEPT,
    NEW,
    Decision,
    GatePart,
    Judged,
    decide,
)
from textcnn.service.retraining.paired_difference import Paired

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = ("bad", "good", "new")
OLD_KNOWS = np.array([True, True, False])


def one_hot(classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    matrix = np.zeros((len(classes), len(LABELS)), dtype=np.bool_)
    matrix[np.arange(len(classes)), classes] = True
    return matrix


def judged(
    truth: NDArray[np.int64],
    given: NDArray[np.int64],
    *,
    score: float | None = None,
    known: NDArray[np.bool_] = OLD_KNOWS,
) -> Judged:
    """A version that gives these classes, with scores as good as its accuracy unless said."""
    right = truth == given
    scores = np.full(len(truth), right.mean() if score is None else score)
    return Judged(one_hot(given), Reliability.of(scores, right), known)


def wrong(truth: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """The classes of a version that is wrong in a share of the rows."""
    given = truth.copy()
    chosen = np.random.default_rng(seed).random(len(truth)) < share
    given[chosen] = 1 - given[chosen]
    return given


def truth_of(rows: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, 2, rows)


def part(name: str, rows: int, old: float, new: float) -> GatePart:
    truth = truth_of(rows)
    return GatePart(
        name, one_hot(truth), judged(truth, wrong(truth, new, 2)), judged(truth, wrong(truth, old, 1))
    )


def verdict(*parts: GatePart) -> Decision:
    return decide(LABELS, parts, old="0123456789ab")


def test_a_better_version_goes_live() -> None:
    decision = verdict(part(KEPT, 2000, 0.2, 0.1), part(NEW, 2000, 0.2, 0.1))
    assert decision.promote
    assert decision.verdict == "better"
    assert decision.reasons == ()


def test_an_equal_version_goes_live() -> None:
    truth = truth_of(2000)
    same = judged(truth, wrong(truth, 0.1, 1))
    assert verdict(GatePart(KEPT, one_hot(truth), same, same)).promote


def test_a_worse_version_does_not_go_live() -> None:
    decision = verdict(part(KEPT, 2000, 0.1, 0.2))
    assert not decision.promote
    assert decision.verdict == "rejected"
    assert "macro-F1 may be lower" in decision.reasons[0]


def test_a_gain_on_new_rows_does_not_hide_a_loss_on_kept_ones() -> None:
    decision = verdict(part(KEPT, 2000, 0.05, 0.15), part(NEW, 2000, 0.5, 0.05))
    assert not decision.promote
    assert all(KEPT in reason for reason in decision.reasons)


def test_what_is_not_sure_to_be_as_good_is_not_let_through() -> None:
    """On few rows even equal figures may hide a loss of more than a point."""
    decision = verdict(part(KEPT, 220, 0.3, 0.3))
    assert decision.parts[0].interval is not None
    assert decision.parts[0].interval[0] < -0.01
    assert not decision.promote


def test_few_rows_are_said_and_need_always() -> None:
    few = part(KEPT, FEWEST_ROWS - 1, 0.2, 0.0)
    decision = verdict(few)
    assert decision.verdict == "too few rows"
    assert not decision.promote
    assert str(FEWEST_ROWS - 1) in decision.reasons[0]
    assert decide(LABELS, [few], policy="always", old="0123456789ab").promote


def test_never_keeps_even_a_better_one_from_going_live() -> None:
    decision = decide(LABELS, [part(KEPT, 2000, 0.3, 0.0)], policy="never", old="0123456789ab")
    assert decision.verdict == "better"
    assert not decision.promote


def test_a_rare_label_that_collapses_is_seen_though_macro_f1_of_all_rises() -> None:
    truth = np.concatenate([np.zeros(1000, dtype=np.int64), np.ones(30, dtype=np.int64)])
    old, new = truth.copy(), truth.copy()
    old[:400] = 1  # the old version finds every rare row, at the price of many false alarms
    new[1000:1012] = 0  # the new one misses twelve of thirty
    decision = verdict(GatePart(KEPT, one_hot(truth), judged(truth, new), judged(truth, old)))
    assert decision.parts[0].difference is not None
    assert decision.parts[0].difference > 0
    assert [reason for reason in decision.reasons if "recall of 'good' falls by 40" in reason]
    assert not decision.promote


def test_scores_that_cannot_be_trusted_are_not_let_through() -> None:
    truth = truth_of(2000)
    given = wrong(truth, 0.05, 1)
    unsure = GatePart(KEPT, one_hot(truth), judged(truth, given, score=0.8), judged(truth, given))
    decision = verdict(unsure)
    assert "calibration" in decision.reasons[0]
    assert not decision.promote


def test_new_rows_that_contradict_the_kept_ones_and_teach_nothing_are_not_let_through() -> None:
    truth = truth_of(400)
    same = judged(truth, wrong(truth, 0.3, 1))
    decision = verdict(part(KEPT, 2000, 0.0, 0.0), GatePart(NEW, one_hot(truth), same, same))
    assert "labels may be wrong" in decision.reasons[0]
    harder_but_learned = part(NEW, 2000, 0.5, 0.3)
    assert verdict(part(KEPT, 2000, 0.0, 0.0), harder_but_learned).promote


def test_a_new_label_is_shown_and_does_not_count_for_the_new_version() -> None:
    truth = truth_of(1000)
    truth[:300] = 2
    old = np.where(truth == 2, 0, truth)  # it cannot but give another label
    new = np.where(truth == 2, 2, wrong(np.minimum(truth, 1), 0.1, 1))  # good at the new, worse at the rest
    known = np.ones(3, dtype=np.bool_)
    decision = verdict(GatePart(NEW, one_hot(truth), judged(truth, new, known=known), judged(truth, old)))
    assert "New labels: 'new'" in decision.notes[0]
    assert decision.parts[0].difference is not None
    assert decision.parts[0].difference < 0
    labels = {label.label: label for label in decision.parts[0].labels}
    assert labels["new"].old_recall is None
    assert labels["new"].new_recall == 1.0


def test_a_label_that_the_new_version_lacks_is_said_and_needs_always() -> None:
    truth = np.ones(1000, dtype=np.int64)
    only_good = np.array([False, True, False])
    decision = verdict(
        GatePart(NEW, one_hot(truth), judged(truth, truth, known=only_good), judged(truth, truth))
    )
    assert "'bad'" in decision.reasons[0]
    assert not decision.promote


def test_a_first_version_must_beat_a_constant_answer() -> None:
    truth = truth_of(1000)
    constant = np.zeros_like(truth)
    good = GatePart(NEW, one_hot(truth), judged(truth, wrong(truth, 0.1, 1)), None)
    useless = GatePart(NEW, one_hot(truth), judged(truth, constant), None)
    assert decide(LABELS, [good]).promote
    decision = decide(LABELS, [useless])
    assert "no better than always" in decision.reasons[0]
    assert not decision.promote


def test_a_first_version_goes_live_with_few_rows_too_and_that_is_said() -> None:
    truth = truth_of(40)
    decision = decide(LABELS, [GatePart(NEW, one_hot(truth), judged(truth, truth), None)])
    assert decision.promote
    assert any("40 rows" in note for note in decision.notes)
    assert not decide(LABELS, []).promote  # but not when nothing at all is known of it


def test_a_decision_is_plain_json_and_has_the_difference_of_each_label() -> None:
    decision = verdict(part(KEPT, 1000, 0.2, 0.1))
    values = json.loads(json.dumps(decision.to_dict()))
    label = values["parts"][0]["labels"]["good"]
    assert label["new_recall"] > label["old_recall"]
    assert values["parts"][0]["interval"][0] < values["parts"][0]["difference"]


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    """Versions that are wrong in 20 % and 15 % of all rows differ by 5 points of macro-F1, nearly exactly."""
    covered = 0
    for seed in range(60):
        truth = truth_of(300, seed)
        old, new = (
            one_hot(wrong(truth, share, seed + offset)) for share, offset in ((0.2, 1000), (0.15, 2000))
        )
        low, high = Paired(one_hot(truth), old, new).interval()
        covered += low <= 0.05 <= high
    assert covered >= 51  # of 60; 95 % are 57, and fewer than 51 would be a chance of one in 1,000


def test_a_fall_that_may_be_chance_is_no_collapse() -> None:
    truth = np.array([0] * 300 + [1] * 3)
    old, new = one_hot(truth), one_hot(truth)
    new[-1] = one_hot(np.array([0]))[0]  # one of three
    paired = Paired(one_hot(truth), old, new)
    assert paired.collapses(COLLAPSE) == []
