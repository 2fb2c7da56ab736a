"""The heaps that threads use, and what these keep, as the C library itself tells."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys

import pytest

from textcnn.service.process.malloc import HEAPS

PROGRAM = """
import ctypes, sys, threading
from textcnn.service.process.malloc import limit_malloc_arenas

if sys.argv[1] == "limited":
    limit_malloc_arenas()
everybody = threading.Barrier(8)

def allocate():
    everybody.wait()
    held = [bytes(5_000) for _ in range(100)]  # all together less than the large block below
    everybody.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.free(libc.malloc(20 << 20))  # from now on glibc would take such blocks from a heap
held = libc.malloc(10 << 20)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(out := libc.fdopen(1, b"w")))
libc.fflush(ctypes.c_void_p(out))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is not glibc")
def test_threads_share_heaps() -> None:
    assert _said("unlimited").count("<heap nr=") > HEAPS
    assert _said("limited").count("<heap nr=") == HEAPS


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is not glibc")
def test_large_blocks_stay_outside_of_heaps() -> None:
    assert _outside(_said("unlimited")) < 10 << 20
    assert _outside(_said("limited")) >= 10 << 20


def _said(how: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", PROGRAM, how]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def _outside(said: str) -> int:
    """Bytes in blocks that the system gave one by one."""
    return sum(int(size) for size in re.findall(r'<total type="mmap" count="\d+" size="(\d+)"', said))
