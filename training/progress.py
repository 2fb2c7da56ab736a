"""Reporters of a training run: a bar in a terminal, lines elsewhere, JSON for programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TextIO

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from textcnn.pages.terminal import to_json, visible
from textcnn.pages.visible_console import VisibleConsole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from rich.console import Console

Style = Literal["bar", "lines", "json", "silent"]


class Reporter:
    """Says nothing; the others say more. Used as a context, so that a bar leaves the terminal tidy."""

    interval = float("inf")
    """Seconds between two reports of steps."""

    def __init__(self) -> None:
        self._last = self._epoch_started = time.perf_counter()

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wants_step(self) -> bool:
        """Whether `step` should be called now; asked at every step, so it is cheap."""
        now = time.perf_counter()
        if now - self._last < self.interval:
            return False
        self._last = now
        return True

    def rate(self, texts: int) -> float:
        """Texts a second since the epoch began."""
        return texts / max(time.perf_counter() - self._epoch_started, 1e-9)

    def note(self, sentence: str) -> None:
        """Tell something about the corpus or the run."""

    def begin(self, epochs: int) -> None:  # noqa: ARG002  # subclasses show it
        """Training starts, for at most so many epochs; so does a second one that comes after the first."""
        self._epoch_started = time.perf_counter()

    def step(self, epoch: int, step: int, steps: int, *, loss: float, texts: int) -> None:
        """So many steps of the epoch are done; `loss` is its mean so far, `texts` its texts so far."""

    def epoch(self, row: dict[str, float], *, best: bool) -> None:  # noqa: ARG002  # subclasses show it
        """An epoch is done; `row` is its line of the history."""
        self._epoch_started = time.perf_counter()

    def result(self, values: Mapping[str, object]) -> None:
        """Tell programs what came of it all."""

    def close(self) -> None:
        """Training is over, in whichever way."""


class LineReporter(Reporter):
    """One line an epoch, and one every ten seconds in between."""

    interval = 10.0

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def note(self, sentence: str) -> None:
        """Write the sentence."""
        self._write(sentence)

    def step(self, epoch: int, step: int, steps: int, *, loss: float, texts: int) -> None:
        """Write how far the epoch is."""
        rate = self.rate(texts)
        left = (time.perf_counter() - self._epoch_started) * (steps - step) / step
        self._write(
            f"epoch {epoch}: {step}/{steps} steps, loss {loss:.4f}, {rate:,.0f} texts/s, {left:.0f} s left"
        )

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        """Write the epoch's figures."""
        super().epoch(row, best=best)
        self._write(epoch_line(row, best=best))

    def _write(self, line: str) -> None:
        self._stream.write(visible(line) + "\n")
        self._stream.flush()


class JsonReporter(Reporter):
    """One JSON object for each thing that happens, its kind under `event`."""

    interval = 1.0

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def note(self, sentence: str) -> None:
        """Event `note`."""
        self._write("note", {"text": sentence})

    def begin(self, epochs: int) -> None:
        """Event `begin`."""
        super().begin(epochs)
        self._write("begin", {"epochs": epochs})

    def step(self, epoch: int, step: int, steps: int, *, loss: float, texts: int) -> None:
        """Event `step`."""
        rate = round(self.rate(texts), 1)
        values = {"epoch": epoch, "step": step, "steps": steps, "loss": loss, "texts_per_second": rate}
        self._write("step", values)

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        """Event `epoch`."""
        super().epoch(row, best=best)
        self._write("epoch", {**row, "best": best})

    def result(self, values: Mapping[str, object]) -> None:
        """Event `result`."""
        self._write("result", values)

    def _write(self, event: str, values: Mapping[str, object]) -> None:
        self._stream.write(to_json({"event": event, **values}) + "\n")
        self._stream.flush()


class BarReporter(Reporter):
    """A bar over all epochs with loss, validation score, texts/s and time left; a line for each epoch."""

    interval = 0.1

    def __init__(self, console: Console) -> None:
        super().__init__()
        columns = (
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn(
                "loss {task.fields[loss]}  validation {task.fields[score]}  {task.fields[rate]} texts/s"
            ),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("", total=1, epoch="-", loss="-", score="-", rate="-")

    def note(self, sentence: str) -> None:
        """Print the sentence above the bar."""
        self._progress.console.print(sentence, markup=False, highlight=False)

    def begin(self, epochs: int) -> None:
        """Show the bar."""
        super().begin(epochs)
        self._progress.reset(self._task, total=epochs, epoch="-", loss="-", score="-", rate="-")
        self._progress.start()

    def step(self, epoch: int, step: int, steps: int, *, loss: float, texts: int) -> None:
        """Move the bar."""
        done = epoch - 1 + step / steps
        rate = f"{self.rate(texts):,.0f}"
        self._progress.update(self._task, completed=done, epoch=epoch, loss=f"{loss:.4f}", rate=rate)

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        """Print the epoch's figures above the bar."""
        super().epoch(row, best=best)
        score = f"{row['validation_score']:.4f}" if "validation_score" in row else "-"
        self._progress.update(self._task, completed=row["epoch"], score=score)
        self.note(epoch_line(row, best=best))

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()


def make_reporter(style: Style | None, stream: TextIO) -> Reporter:
    """The reporter of a style; by default a bar where the stream is a terminal, and lines elsewhere."""
    if style == "silent":
        return Reporter()
    if style == "json":
        return JsonReporter(stream)
    if style == "bar" or (style is None and stream.isatty()):
        return BarReporter(VisibleConsole(file=stream))
    return LineReporter(stream)


def epoch_line(row: dict[str, float], *, best: bool) -> str:
    """An epoch's figures in one line; a star where it is the best so far on validation rows."""
    line = f"epoch {row['epoch']:.0f}: loss {row['loss']:.4f}"
    if "validation_score" in row:
        line += f", validation loss {row['validation_loss']:.4f}, score {row['validation_score']:.4f}"
        line += " *" if best else ""
    return f"{line} ({row['seconds']:.1f} s)"
