"""Limits that a child has are those of whatever it starts, too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from textcnn.service.process import limited_child
from textcnn.service.process.limited_child import ChildLimits

TELL = [sys.executable, "-c", "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])"]
INNER = (
    "import subprocess, sys\n"
    "from textcnn.service.process import limited_child\n"
    "from textcnn.service.process.limited_child import ChildLimits\n"
    f"limits = ChildLimits(memory_bytes=4_000_000_000); command = limited_child.command({TELL!r}, limits)\n"
    "subprocess.run(command, check=True)\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_a_child_of_a_limited_child_has_no_more_than_it() -> None:
    limits = ChildLimits(memory_bytes=1_000_000_000)
    command = limited_child.command([sys.executable, "-c", INNER], limits)
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    assert int(ran.stdout) == 1_000_000_000
