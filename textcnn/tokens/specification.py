"""The text of a `tokenizer.json` before it is believed: read once, with bounds on what it makes of a text.

Two programs read it, the library and our compiled loops, so it may say nothing twice: each would believe
another half. Ids, growth and time are bounded for whoever wrote it; `require_allowed_parts` is for what came
from somebody else over a network, and lets only parts pass whose time and growth are known.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_GROWTH: Final = 64
"""Times that the parts written into a specification may lengthen a text, one after the other."""
MOST_PARTS: Final = 32
PROBE_SECONDS: Final = 0.5
"""For some thousand characters, which the slowest of the pipelines in use do in a few milliseconds."""
LONGEST_TOKEN: Final = 1_000
"""Characters of a token, and of a word that is looked for in pieces, in what comes over a network."""

NORMALIZERS: Final = frozenset(
    {
        "BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Prepend", "Replace",
        "Sequence", "Strip", "StripAccents",
    }
)  # fmt: skip
SPLITTERS: Final = frozenset(
    {
        "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace", "Punctuation",
        "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit",
    }
)  # fmt: skip
MODELS: Final = frozenset({"BPE", "Unigram", "WordLevel", "WordPiece"})
_HOLDERS: Final = ("normalizers", "pretokenizers")
_PROBES: Final = ("a", " ", "1", "é", "中", "a ", "a1")
_LENGTHS: Final = (*range(8, 64, 4), 128, 512, 1_024, 2_048)
"""Small steps first: what takes twice as long with each character is noticed before it takes for ever."""


def read_specification(text: str) -> dict[str, Any]:
    """The JSON of a tokenizer.

    Raises:
        ModelError: it is no JSON object, or one of its objects has a key twice.
    """
    try:
        values = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ModelError("not a tokenizer: no JSON, or nested too deeply.") from error
    if not isinstance(values, dict):
        raise ModelError("not a tokenizer: no JSON object.")
    return values


@contextmanager
def library_errors(what: str) -> Iterator[None]:
    """Turn whatever the library raises in a block, which may be a panic and no `Exception`, to a sentence.

    Raises:
        ModelError: it raised something.
    """
    try:
        yield
    except BaseException as error:
        raised = as_model_error(error, what)
        raise raised from (None if raised is error else error)


def as_model_error(error: BaseException, what: str) -> BaseException:
    """The error to raise for one of the library's; who interrupts the program, or told already, is heard."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, ModelError)):
        return error
    return ModelError(f"{what} ({str(error)[:200]}).")


def require_bounded(specification: dict[str, Any]) -> None:
    """Make sure that no text grows beyond bounds on its way to the vocabulary.

    Raises:
        ModelError: the parts lengthen a text too much, are too many, or pad it.
    """
    if specification.get("padding"):
        raise ModelError("it pads texts, which depend on others then. Set its 'padding' to null.")
    growth, parts = 1.0, 0
    for part in _parts(specification, "normalizer", "pre_tokenizer"):
        growth, parts = growth * _growth(part), parts + 1
        if growth > MOST_GROWTH or parts > MOST_PARTS:
            raise ModelError(
                f"its normaliser makes a text more than {MOST_GROWTH} times as long, or has more than "
                f"{MOST_PARTS} parts. Replace less."
            )


def require_quick(specification: dict[str, Any], encode: Callable[[str], object]) -> None:
    """Try the regular expressions of a specification on short texts that bad ones take long for.

    Raises:
        ModelError: one of them takes too long.
    """
    if not any(_has_regex(part) for part in _parts(specification, "normalizer", "pre_tokenizer")):
        return
    for length in _LENGTHS:
        for probe in _PROBES:
            began = time.perf_counter()
            with library_errors("its regular expressions cannot be used"):
                encode(probe * (length // len(probe)) + "!")
            if time.perf_counter() - began > PROBE_SECONDS:
                raise ModelError(
                    f"its regular expressions take more than {PROBE_SECONDS} s for {length} characters. "
                    "Simplify them."
                )


def require_allowed_parts(specification: dict[str, Any]) -> None:
    """Make sure that a tokenizer that somebody sent has only parts whose time and growth are known.

    Raises:
        ModelError: names the kind of part that is not taken.
    """
    for key, allowed in (("normalizer", NORMALIZERS), ("pre_tokenizer", SPLITTERS), ("model", MODELS)):
        for part in _parts(specification, key):
            if part.get("type") not in allowed or _has_regex(part):
                regex = " with a regular expression" if _has_regex(part) else ""
                raise ModelError(
                    f"its {key} has a part{regex} that is not taken over a network; there may be "
                    f"{', '.join(sorted(allowed))}. Add the model with `textcnn repo add` on its machine."
                )
    model = specification["model"]
    if model.get("dropout"):
        raise ModelError("its model draws lots (dropout), so one text has several results. Set it to null.")
    vocabulary = model.get("vocab") or ()
    tokens = vocabulary if isinstance(vocabulary, dict) else (entry[0] for entry in vocabulary)
    longest = max((len(token) for token in tokens), default=0)
    if max(longest, model.get("max_input_chars_per_word") or 0) > LONGEST_TOKEN:
        raise ModelError(f"its tokens, or words in pieces, may have more than {LONGEST_TOKEN} characters.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ModelError("not a tokenizer: it says a thing twice (a key of an object).")
    return values


def _parts(specification: dict[str, Any], *keys: str) -> Iterator[dict[str, Any]]:
    """Every part of a pipeline, those in sequences too."""
    left = [specification.get(key) for key in keys]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield part
            for holder in _HOLDERS:
                left += part.get(holder) or []


def _growth(part: dict[str, Any]) -> float:
    """How many times as long a part may make a text, where whoever wrote the specification decides it."""
    match part.get("type"):
        case "Replace":
            pattern = part.get("pattern", {}).get("String")
            content = len(part.get("content", ""))
            return max(1.0, content / len(pattern)) if pattern else 1.0 + content
        case "Prepend":
            return 1.0 + len(part.get("prepend", ""))
        case "ByteLevel":
            return 4.0  # a character has as many bytes
    return 1.0


def _has_regex(part: dict[str, Any]) -> bool:
    pattern = part.get("pattern")
    return isinstance(pattern, dict) and "Regex" in pattern
