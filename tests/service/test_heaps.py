"""How many heaps threads use, as the C library itself tells."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys

import pytest

from service.heaps import HEAPS

PROGRAM = """
import ctypes, sys, threading
from service.heaps import tame_heaps

if sys.argv[1] == "limited":
    tame_heaps()
everybody = threading.Barrier(8)

def allocate():
    everybody.wait()
    held = [bytes(50_000) for _ in range(100)]
    everybody.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(out := libc.fdopen(1, b"w")))
libc.fflush(ctypes.c_void_p(out))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is not glibc")
def test_threads_share_heaps() -> None:
    assert _heaps("unlimited") > HEAPS
    assert _heaps("limited") == HEAPS


def _heaps(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return len(re.findall("<heap nr=", done.stdout))
