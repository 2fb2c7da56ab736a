"""Options of the command line in sentences that come from there: as fields of a form, for clients of HTTP."""

from __future__ import annotations

import re
from typing import Final

from textcnn.reading.layout import FIELDS

_FIELDS: Final = {flag: each.name for each in FIELDS for flag in each.flags} | {
    "--contradictions": "contradictions",
    "--output-format": "output_format",
}
_OPTION: Final = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*(?![\w-])")


def in_form_words(sentence: str) -> str:
    """The sentence with the field in place of each option that has one, such as `text_column`."""
    return _OPTION.sub(lambda match: _FIELDS.get(match[0], match[0]), sentence)
