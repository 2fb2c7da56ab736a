from __future__ import annotations

import io
import json

from rich.console import Console

from textcnn.training.progress import (
    BarReporter,
    JsonReporter,
    LineReporter,
    Reporter,
    epoch_line,
    make_reporter,
)

ROW = {"epoch": 1.0, "loss": 0.5, "validation_loss": 0.4, "validation_score": 0.9, "seconds": 1.5}


def play(reporter: Reporter) -> None:
    """An epoch of a run, as the trainer tells it."""
    with reporter:
        reporter.note("[a] note")
        reporter.begin(2)
        reporter.step(1, 5, 10, loss=0.7, texts=320)
        reporter.epoch(ROW, best=True)


def test_lines_tell_loss_score_rate_and_time_left() -> None:
    stream = io.StringIO()
    play(LineReporter(stream))
    note, step, epoch = stream.getvalue().splitlines()
    assert note == "[a] note"
    assert "epoch 1: 5/10 steps, loss 0.7000" in step
    assert "texts/s" in step
    assert "s left" in step
    assert "score 0.9000 *" in epoch


def test_an_epoch_without_validation_has_neither_score_nor_star() -> None:
    row = {key: value for key, value in ROW.items() if not key.startswith("validation")}
    assert epoch_line(row, best=True) == "epoch 1: loss 0.5000 (1.5 s)"
    stream = io.StringIO()
    with BarReporter(Console(file=stream, force_terminal=True, width=120)) as bar:
        bar.begin(1)
        bar.epoch(row, best=True)
    assert "epoch 1: loss 0.5000 (1.5 s)" in stream.getvalue()


def test_json_has_one_event_a_line() -> None:
    stream = io.StringIO()
    play(JsonReporter(stream))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["note", "begin", "step", "epoch"]
    assert events[2]["texts_per_second"] > 0
    assert events[3] == {"event": "epoch", **ROW, "best": True}


def test_a_bar_leaves_a_line_for_each_epoch_and_takes_notes_literally() -> None:
    stream = io.StringIO()
    play(BarReporter(Console(file=stream, force_terminal=True, width=120)))
    assert "[a] note" in stream.getvalue()
    assert "score 0.9000 *" in stream.getvalue()


def test_steps_are_told_at_intervals_not_each() -> None:
    assert not Reporter().wants_step()
    reporter = LineReporter(io.StringIO())
    assert not reporter.wants_step()
    reporter.interval = 0
    assert reporter.wants_step()


def test_a_terminal_gets_a_bar_and_a_pipe_gets_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(make_reporter(None, Terminal()), BarReporter)
    assert isinstance(make_reporter(None, io.StringIO()), LineReporter)
    assert isinstance(make_reporter("json", Terminal()), JsonReporter)
    assert type(make_reporter("silent", Terminal())) is Reporter
