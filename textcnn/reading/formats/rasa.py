"""Rasa's training data in YAML: the examples of each intent, a text on each line."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError, MissingExtraError
from textcnn.reading.compression import damaged, open_bytes
from textcnn.reading.numbered_lines import NumberedLines
from textcnn.reading.record import HEADER, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout

MOST_CHARACTERS: Final = 64 << 20
"""Of one file: it is held in memory."""
_DEEPEST: Final = 20
"""Lists and keys within each other; an example has five."""
_ENTITY: Final = re.compile(r"\[([^\]\[]+)\](?:\([^)]*\)|\{[^}]*\})")
"""A word marked as an entity: `[Berlin](city)` or `[Berlin]{"entity": "city"}`."""
_OTHER: Final = "entries that are no intents, such as synonyms"
_MARKDOWN: Final = re.compile(r"##\s*(intent|synonym|regex|lookup):")
_YAML: Final = re.compile(r"(version:|nlu:\s*$|-\s*intent:)")


@dataclass(slots=True)
class _Node:
    """A scalar, list or mapping, and the lines where it stands."""

    first: int
    last: int = 0
    text: str = ""
    is_block: bool = False
    """A text whose lines are those of the file: it begins on the line after its sign."""
    items: list[_Node] | None = None
    keys: dict[str, _Node] | None = None
    waiting: list[_Node] = field(default_factory=list)
    """Keys and values of a mapping that is being read."""


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The examples of the intents; words that are marked as entities lose their marks.

    Raises:
        CorpusError: the file is no YAML, or none that Rasa reads.
        MissingExtraError: PyYAML is not installed.
    """
    text = _text_of(path, layout)
    if _MARKDOWN.search(text[:4096]) and not _YAML.match(text):
        message = (
            "this is Rasa's Markdown, which is not read; `rasa data convert nlu` makes YAML of it, which is"
        )
        raise CorpusError(message, file=path)
    nlu = (_parsed(path, text).keys or {}).get("nlu")
    if nlu is None or nlu.items is None:
        raise CorpusError("found no list 'nlu' in it; expected Rasa's training data, nlu.yml", file=path)
    yield from _covering(str(path), nlu.items, text.count("\n") + (not text.endswith("\n")))


def recognises(start: FileStart) -> bool:
    """Whether it begins as Rasa's files do: in YAML, or in the Markdown that they once were."""
    begin = [line.strip() for line in start.lines[:20]]
    if any(line.startswith("- intent:") for line in begin) and any(line.startswith("nlu:") for line in begin):
        return True
    return any(_MARKDOWN.match(line) for line in begin)


def _covering(file: str, entries: list[_Node], lines: int) -> Iterator[Item]:
    """The rows, each with the lines from the end of the one before, so that all together cover the file."""
    covered = 0
    waiting: Record | LeftOut | None = None
    for line, intent, text in _examples(entries):
        if waiting is not None:
            yield waiting
        count = max(0, line - covered)
        covered = max(covered, line)
        if intent is None:
            waiting = LeftOut(line, file, _OTHER, count)
        else:
            waiting = Record(line, file, {"text": text, "label": intent}, count)
    rest = lines - covered
    yield waiting._replace(lines=waiting.lines + rest) if waiting else LeftOut(1, file, HEADER, rest)
    yield EndOfFile(file, lines)


def _examples(entries: list[_Node]) -> Iterator[tuple[int, str | None, str]]:
    """Line, intent and text of each example; an entry that is no intent has no intent."""
    for entry in entries:
        keys = entry.keys or {}
        intent, examples = keys.get("intent"), keys.get("examples")
        if intent is None or not intent.text.strip() or examples is None:
            yield entry.last, None, ""
        elif examples.items is not None:
            for each in examples.items:
                node = (each.keys or {}).get("text", each)
                yield node.first + node.is_block, intent.text.strip(), _plain(node.text)
        else:
            for number, line in enumerate(examples.text.split("\n"), examples.first + examples.is_block):
                if line.strip():
                    yield number, intent.text.strip(), _plain(line)


def _plain(line: str) -> str:
    """An example without its dash, and without the marks of entities."""
    return _ENTITY.sub(r"\1", line.strip().removeprefix("- ").strip())


def _text_of(path: Path, layout: Layout) -> str:
    with NumberedLines(path, layout.encoding) as lines:
        encoding = lines.encoding
    try:
        with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding, newline=None) as stream:
            text = stream.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise CorpusError(f"the file is not valid {encoding}; convert it to UTF-8", file=path) from error
    except OSError as error:
        raise damaged(path) from error
    if len(text) > MOST_CHARACTERS:
        raise CorpusError(f"the file has more than {MOST_CHARACTERS:,} characters; part it", file=path)
    return text.removeprefix("\ufeff")


def _parsed(path: Path, text: str) -> _Node:
    """The document, built of the parser's events: neither aliases nor depth can make it grow."""
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError("Reading Rasa's YAML", "yaml") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = _Node(1, waiting=[])
    open_nodes = [root]
    try:
        for event in yaml.parse(text, Loader=loader):
            _take(event, open_nodes)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark is not None else None
        raise CorpusError(
            f"the file is no YAML that is read ({problem[:80]})", file=path, line=line
        ) from error
    return root.waiting[0] if root.waiting else root


def _take(event: Any, open_nodes: list[_Node]) -> None:  # noqa: ANN401  # of the parser
    """Add what an event of the parser tells to the innermost node that is open.

    Raises:
        ValueError: an alias, or too many nodes within each other.
    """
    kind = type(event).__name__
    if kind == "AliasEvent":
        raise ValueError("an alias stands for another part; write it out")
    if kind == "ScalarEvent":
        line = event.start_mark.line + 1
        node = _Node(line, event.end_mark.line + 1, event.value, is_block=event.style in ("|", ">"))
        open_nodes[-1].waiting.append(node)
    elif kind in ("MappingStartEvent", "SequenceStartEvent"):
        node = _Node(event.start_mark.line + 1)
        open_nodes[-1].waiting.append(node)
        open_nodes.append(node)
        if len(open_nodes) > _DEEPEST:
            raise ValueError("lists are nested too deeply")
    elif kind in ("MappingEndEvent", "SequenceEndEvent"):
        _close(open_nodes.pop(), is_mapping=kind == "MappingEndEvent")


def _close(node: _Node, *, is_mapping: bool) -> None:
    node.last = max((each.last for each in node.waiting), default=node.first)
    if is_mapping:
        pairs = zip(node.waiting[::2], node.waiting[1::2], strict=False)
        node.keys = {key.text: value for key, value in pairs}
    else:
        node.items = node.waiting
    node.waiting = []
