"""The log of the process: what is written down, and what is not."""

from __future__ import annotations

import json
import logging
from typing import Any

from textcnn.service.logs import JsonFormatter

SECRET = "my-private-words"


def test_the_log_of_a_bug_tells_its_place_and_not_its_message() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "unexpected error", (), _exc_info(), extra={"request_id": "r-1"}
        )
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["request_id"], line["message"]) == ("error", "r-1", "unexpected error")
    assert "test_logs.py" in line["trace"]
    assert line["trace"].endswith("KeyError")
    assert SECRET not in json.dumps(line)


def _exc_info() -> Any:  # noqa: ANN401  # as logging has it
    import sys

    return sys.exc_info()
