"""Strings that UTF-8 cannot hold, made into ones that it can."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    """The text with each surrogate pair joined and each lone surrogate replaced by U+FFFD.

    JSON may carry them, UTF-8 cannot, and the tokenizers library takes UTF-8 alone.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
