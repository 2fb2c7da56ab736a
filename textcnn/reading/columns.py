"""Which columns of a file hold the text and the label."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError
from textcnn.reading.guessing.column_choice import choose, lacks
from textcnn.reading.guessing.column_names import is_sure_text
from textcnn.reading.guessing.column_profile import ColumnProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textcnn.reading.guessing.column_choice import Choice
    from textcnn.reading.layout import Layout
    from textcnn.reading.records import Records

    Profiles = Callable[[str], ColumnProfile]
    """Gives the figures of a column."""

_NAME_LENGTH: Final = 40
_COLUMNS_TOLD: Final = 12
_WORDS_OF_TEXTS: Final = 4


@dataclass(frozen=True)
class KnownColumns:
    """The columns of the corpus that a model was trained on; a file that has them is read like it."""

    text: tuple[str, ...]
    label: str | None
    header: bool | None
    """Whether they had names; None where the format always tells them."""
    columns: int
    """How many there were: without names, the same number means the same columns."""

    @classmethod
    def from_json(cls, values: object) -> KnownColumns | None:
        """The columns that `to_json` wrote; None of anything else, as a model may be of any release."""
        if not isinstance(values, dict):
            return None
        text, label, header = values.get("text"), values.get("label"), values.get("header")
        count = values.get("columns")
        fits = (
            isinstance(text, list)
            and bool(text)
            and all(isinstance(name, str) for name in text)
            and isinstance(label, str | None)
            and isinstance(header, bool | None)
            and isinstance(count, int)
        )
        return cls(tuple(text), label, header, count) if fits else None  # type: ignore[arg-type]  # as checked

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"text": list(self.text), "label": self.label, "header": self.header, "columns": self.columns}

    def in_file(self, records: Records) -> KnownColumns | None:
        """Those that a file has: its text at least; None where it has not."""
        is_numbered = not has_names(records.columns)
        if is_numbered != (self.header is False) or (is_numbered and len(records.columns) != self.columns):
            return None
        if not set(self.text) <= set(records.columns):
            return None
        label = self.label if self.label in records.columns else None
        return KnownColumns(self.text, label, self.header, self.columns)


@dataclass(frozen=True)
class Columns:
    """The columns that are read: texts are joined with a newline in this order."""

    text: tuple[str, ...]
    label: str | None
    """None when the file is read without labels."""
    doubt: str = field(default="", compare=False)
    """Why other columns are as likely, and the options that choose; empty where these are clear."""
    note: str = field(default="", compare=False)
    """A sentence about the choice that is to be told with it."""


def find_columns(
    records: Records, layout: Layout, *, labelled: bool = True, known: KnownColumns | None = None
) -> Columns:
    """The columns that the layout says, else those known of the model, else those whose names and values fit.

    A label has few, short values that come back; a text says much, in other words in each row. Without
    names, columns are called by their numbers, and where they have names their numbers call them, too.

    Raises:
        CorpusError: a column is missing, or none could be the text or the label.
    """
    given_text = tuple(_given(records, name, "text_column") for name in layout.text_columns)
    given_label = _given(records, layout.label_column, "label_column") if layout.label_column else None
    there = known.in_file(records) if known is not None else None
    text, label = given_text, given_label
    if there is not None:
        text = given_text or there.text
        label = given_label or (there.label if there.label not in text else None)
    profile = _profiles(records)
    choices = choose(
        records.columns, profile, text=text, label=label if labelled else given_label, labelled=labelled
    )
    if not choices:
        return _nothing_fits(records, profile, text, label, labelled=labelled)
    best = choices[0]
    is_clear = len({each.text for each in choices}) == 1
    note = _note(best, text, records, profile) if is_clear else ""
    return Columns(best.text, best.label, _doubt(choices), note)


def has_names(columns: Sequence[str]) -> bool:
    """Whether columns have names, and not numbers that stand for a missing header."""
    return tuple(columns) != tuple(str(number) for number in range(1, len(columns) + 1))


def _given(records: Records, name: str, option: str) -> str:
    """The column of a name that was given, or else of a number."""
    columns = records.columns
    if name in columns:
        return name
    if name.isdecimal() and len(name) < 10 and 0 < int(name) <= len(columns):
        return columns[int(name) - 1]
    raise CorpusError(f"there is no column '{name}'; {_columns_of(records)}", file=records.file, field=option)


def _profiles(records: Records) -> Profiles:
    """The figures of each column over the first records, made when they are asked for."""

    @cache
    def profile(name: str) -> ColumnProfile:
        return ColumnProfile.of(name, [record.values.get(name) for record in records.sample])

    return profile


def _doubt(choices: Sequence[Choice]) -> str:
    best, *others = choices
    if not others:
        return ""
    other = next((each for each in others if each.text != best.text and each.label != best.label), others[0])
    if other.text != best.text and other.label != best.label:
        readings = " or ".join(
            f"text '{_joined(each.text)}' with label '{_shown(each.label)}'" for each in (best, other)
        )
        return f"the columns could be {readings}; say which with --text-column and --label-column"
    if other.label != best.label:
        names = _listed([each.label or "" for each in choices])
        return f"{names} could each be the label; say which with --label-column"
    names = _listed([_joined(each.text) for each in choices])
    return f"{names} could each be the text; say which with --text-column, or name several"


def _listed(names: Sequence[str]) -> str:
    *first, last = (f"'{_shown(name)}'" for name in dict.fromkeys(names))
    return f"{', '.join(first)} and {last}" if first else last


def _note(best: Choice, given: tuple[str, ...], records: Records, profile: Profiles) -> str:
    """A sentence about a text that was chosen among several."""
    if given or all(map(is_sure_text, best.text)):
        return ""
    if len(best.text) > 1:
        names = " and ".join(f"'{_shown(name)}'" for name in best.text)
        return f"{names} are the text together, as the label is of both; say --text-column to take one"
    others = [name for name in records.columns if name not in (*best.text, best.label)]
    long = [name for name in others if _holds_texts(profile(name), profile(best.text[0]))]
    if not long:
        return ""
    both = "it or both" if len(long) == 1 else "another or several"
    verb = "holds" if len(long) == 1 else "hold"
    return f"{_listed(long[:_COLUMNS_TOLD])} {verb} texts, too; say --text-column to take {both}"


def _holds_texts(column: ColumnProfile, text: ColumnProfile) -> bool:
    """Whether a column holds what could be texts beside those of the chosen one."""
    is_long = column.words >= _WORDS_OF_TEXTS and 2 * column.words >= text.words
    return column.plain and is_long and 2 * column.coded < 1 and column.distinct > 1


def _nothing_fits(
    records: Records,
    profile: Profiles,
    text: tuple[str, ...],
    label: str | None,
    *,
    labelled: bool,
) -> Columns:
    """The longest column, for texts without labels.

    Raises:
        CorpusError: there is none, or no label where one is needed; it tells what each column lacks.
    """
    taken_text = text or tuple(filter(is_sure_text, records.columns))
    others = [name for name in records.columns if name not in taken_text]
    lacking = lacks(others, profile, "label")
    if labelled and label is None and len(lacking) == len(others):
        taken = dict.fromkeys(taken_text, "is taken as the text")
        raise _none_could_be("label", {**taken, **lacking}, records)
    others = [name for name in records.columns if name != label]
    lacking = lacks(others, profile, "text")
    if labelled or not others:
        taken = {name: "is taken as the label" for name in records.columns if name not in lacking}
        raise _none_could_be("text", {**lacking, **taken}, records)
    longest = max(others, key=lambda name: profile(name).length * profile(name).distinct)
    reason = lacking.get(longest, "says little")
    return Columns((longest,), None, note=f"'{_shown(longest)}' is taken as the text, though it {reason}")


def _none_could_be(role: str, reasons: Mapping[str, str], records: Records) -> CorpusError:
    told = [f"'{_shown(name)}' {reason}" for name, reason in [*reasons.items()][:_COLUMNS_TOLD]]
    more = "; ..." if len(reasons) > _COLUMNS_TOLD else ""
    return CorpusError(
        f"no column could be the {role}: {'; '.join(told) or 'there is none'}{more}; say which with "
        f"--{role}-column",
        file=records.file,
        field=f"{role}_column",
    )


def _joined(names: Sequence[str]) -> str:
    return " + ".join(map(_shown, names))


def _shown(name: str | None) -> str:
    return (name or "")[:_NAME_LENGTH]


def _columns_of(records: Records) -> str:
    shown = ", ".join(name[:40] for name in records.columns[:20])
    return f"columns found: {shown}" + (", ..." if len(records.columns) > 20 else "")
