"""End the process without losing a request.

After SIGTERM, `/readyz` answers 503, and each connection is closed after its next answer, while new ones are
still taken for a moment: a load balancer needs that long to notice. Then the kernel takes no
new one, those that it took before are accepted, and the server's own handler closes the listening socket,
answers what is under way, and ends the process.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

    from textcnn.service.http.in_flight import InFlight

LAST_SECONDS: Final = 0.2
"""Time to accept the connections that the kernel took: many turns of the loop."""
_SO_ATTACH_FILTER: Final = 26
_RETURN_CONSTANT: Final = 0x06


def drain_on_sigterm(in_flight: InFlight, seconds: float, listener: socket.socket | None) -> None:
    """Drain on SIGTERM; call it in the event loop, once the server has its handler in place.

    `listener` is the listening socket, where it is this process's alone. Nothing changes where the server
    handles no signals, or the loop is not in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if not callable(end):
        return

    def begin() -> None:
        if not in_flight.draining:
            in_flight.draining = True
            loop.call_later(seconds, stop_taking)

    def stop_taking() -> None:
        if listener is not None:
            refuse_connections(listener)
        loop.call_later(LAST_SECONDS, end, signal.SIGTERM, None)

    def on_signal(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, on_signal)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def refuse_connections(listener: socket.socket) -> None:
    """Let the kernel drop new connections, and keep those that wait to be accepted.

    Closing a listening socket resets the connections that wait: their clients have sent a request already.
    So a filter that lets nothing pass comes first, and they are accepted meanwhile. Linux alone has it,
    some kernels for root alone. Elsewhere a few connections at most may wait, and be reset where they
    are made in the last turn of the loop.
    """
    if sys.platform != "linux":
        listener.listen(0)
        return
    drop_all = _Instruction(_RETURN_CONSTANT, 0, 0, 0)
    program = _Program(1, ctypes.pointer(drop_all))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
    except OSError:
        listener.listen(0)
