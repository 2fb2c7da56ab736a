"""Strings that UTF-8 cannot hold, made into ones that it can."""

from __future__ import annotations

import json
from typing import Any


def without_surrogates(text: str) -> str:
    """The text with each surrogate pair joined and each lone surrogate replaced by U+FFFD.

    JSON may carry them, UTF-8 cannot, and the tokenizers library takes UTF-8 alone.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def json_without_surrogates(values: Any) -> Any:  # noqa: ANN401  # any JSON
    """JSON values with every string, names of fields too, as `without_surrogates` gives it.

    Raises:
        RecursionError: they are nested too deeply.
    """
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(without_surrogates(text))
    return values
