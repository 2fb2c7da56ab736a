"""Why a body is no JSON, and where: the usual slips by their names, without a word of the text.

explain_json(b"{'text': 1}")     # "is not JSON at line 1, column 2: single quotes; JSON has double quotes"
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKINGS: Final = {
    b"\x1f\x8b": "gzip",
    b"\x78\x01": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
"""The first bytes of what is packed."""

_MARKS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_FORM: Final = re.compile(rb"\s*(?:[A-Za-z_][\w.%+-]{0,99}=|--[^\r\n]{1,200}\r?\nContent-Disposition:)")

_SINGLE: Final = "single quotes; JSON has double quotes"
_TYPOGRAPHIC: Final = 'typographic quotes; JSON has "'
_COMMENT: Final = "a comment, which JSON does not have"
_TRAILING_COMMA: Final = "a comma before a closing bracket"
_NUMBER: Final = "a number that JSON does not know"
_CHARACTERS: Final = {"'": _SINGLE, "#": _COMMENT} | dict.fromkeys("“”„‘’‚«»", _TYPOGRAPHIC)
_WORDS: Final = {
    "None": "Python's None; JSON has null",
    "True": "Python's True; JSON has true",
    "False": "Python's False; JSON has false",
    "undefined": "JavaScript's undefined; JSON has null",
    "nil": "nil; JSON has null",
    "NULL": "NULL; JSON has null",
    "TRUE": "TRUE; JSON has true",
    "FALSE": "FALSE; JSON has false",
    "nan": "nan; JSON has null",
    "inf": "inf; JSON has no infinite numbers",
}
_IN_STRINGS: Final = {"\n": (r"a line break", r"\n"), "\r": (r"a line break", r"\r"), "\t": ("a tab", r"\t")}
_EXPECTATIONS: Final = {
    "Unterminated string": "a string without its closing quote",
    "Invalid \\": "a backslash that begins no escape; write two for one of the text",
    "Expecting ',' delimiter": "a comma or a closing bracket was expected",
    "Expecting ':' delimiter": "a colon was expected",
    "Expecting property name": "a name in double quotes was expected",
    "Expecting value": "a value was expected",
}
"""By how the standard library begins its message."""

_WORD: Final = re.compile(r"[A-Za-z_]\w{0,99}")
_BEGUN: Final = re.compile(r"[\w.+-]*$")
_NO_NUMBER: Final = re.compile(r"[+-]?[\d.]")
_CONSTANT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', re.DOTALL)
_DIGITS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\d+', re.DOTALL)
_MOST_DIGITS: Final = 4_000
_NEAR: Final = 64
"""Characters before the place of an error that may be the beginning of the number that it is in."""


class _ConstantError(ValueError):
    """`NaN` or an infinite number, which the standard library would take."""


def refuse_constant(name: str) -> NoReturn:
    """Refuse `NaN` and infinite numbers: for `json.loads`, which takes them where no other program does.

    Raises:
        ValueError: always.
    """
    raise _ConstantError(name)


def packing_of(body: bytes) -> str | None:
    """How a body is packed, by its first bytes; None where it is not."""
    return next((name for start, name in PACKINGS.items() if body.startswith(start)), None)


def explain_json(body: bytes) -> str:
    """Why bytes are no JSON: what follows "The body", without a full stop; it repeats nothing of them."""
    by_bytes = _by_bytes(body)
    if by_bytes is not None:
        return by_bytes
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (
            f"is not JSON: byte {error.start + 1} (0x{body[error.start]:02X}) is not UTF-8; send UTF-8, or "
            "name the charset in the Content-Type"
        )
    return _by_text(text)


def _by_bytes(body: bytes) -> str | None:
    """The reason that the first bytes tell; None where they tell none."""
    if not body.strip():
        return "is empty; a JSON object is expected"
    packing = packing_of(body)
    if packing is not None:
        return f"is packed with {packing}; send it as it is"
    mark = _MARKS.get(body[:2])
    if mark is not None:
        return (
            f"begins with the byte order mark of {mark}; send UTF-8, or name the charset in the Content-Type"
        )
    if b"\0" in body[:4]:
        return "begins with NUL bytes, as UTF-16 has; send UTF-8, or name the charset in the Content-Type"
    return "is a form; a JSON object is expected" if _FORM.match(body) else None


def _by_text(text: str) -> str:
    try:
        json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        return _placed(text, *_cause(text, error))
    except RecursionError:
        return "is nested too deeply; a flat JSON object is expected"
    except _ConstantError:
        place = next(match for match in _CONSTANT.finditer(text) if not match[0].startswith('"'))
        return _placed(text, place.start(), f"{place[0]}, which JSON does not have; write null, or a number")
    except ValueError:  # more digits than Python reads
        starts = (each.start() for each in _DIGITS.finditer(text) if _is_endless(each[0]))
        return _placed(text, next(starts, 0), _NUMBER)
    return "is not JSON; a JSON object is expected"


def _is_endless(digits: str) -> bool:
    return len(digits) > _MOST_DIGITS and digits.isdigit()


def _placed(text: str, position: int, cause: str) -> str:
    """A cause with its place: lines and characters, both from 1."""
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    return f"is not JSON at line {line}, column {column}: {cause}"


def _cause(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """The place and the cause of what the standard library complains of."""
    place = error.pos
    if error.msg.startswith("Invalid control character"):
        return place, _control_character(text[place])
    if error.msg.startswith(("Unterminated string", "Invalid \\")):
        return place, _expectation(error.msg)
    if not text[place:].strip():
        return place, "an end before its brackets are closed"
    found = next(_slips(text, place, is_name=error.msg.startswith("Expecting property name")), None)
    if found is not None:
        return found
    if error.msg.startswith("Extra data"):
        return place, "a second document" if text[place] in "{[" else "more after the end of the document"
    return place, _expectation(error.msg)


def _slips(text: str, place: int, *, is_name: bool) -> Iterator[tuple[int, str]]:
    """The slips that the characters at a place tell of, with where they begin."""
    if text[place] in _CHARACTERS:
        yield place, _CHARACTERS[text[place]]
    if text.startswith(("//", "/*"), place):
        yield place, _COMMENT
    before = text[:place].rstrip()
    if text[place] in "]}" and before.endswith(","):
        yield len(before) - 1, _TRAILING_COMMA
    if text[place] == "," and text[place + 1 :].lstrip()[:1] in ("]", "}"):  # as later Pythons place it
        yield place, _TRAILING_COMMA
    begun = _BEGUN.search(text[max(0, place - _NEAR) : place])
    start = place - len(begun[0]) if begun else place
    if _NO_NUMBER.match(text, start):
        yield start, _NUMBER
    word = _WORD.match(text, place)
    if word is not None and is_name:
        yield place, "a name without quotes; JSON has double quotes around it"
    if word is not None and word[0] in _WORDS:
        yield place, _WORDS[word[0]]


def _control_character(character: str) -> str:
    name, escape = _IN_STRINGS.get(character, ("a control character", f"\\u{ord(character):04x}"))
    return f"{name} within a string; write {escape}"


def _expectation(message: str) -> str:
    return next(
        (ours for theirs, ours in _EXPECTATIONS.items() if message.startswith(theirs)),
        "a value was expected",
    )
