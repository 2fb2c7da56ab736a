"""How the process ends without losing a request.

After SIGTERM, `/readyz` answers 503, and each connection is closed after its next answer, while new ones are
still taken for a moment: whoever shares out the requests needs that long to notice. Then the server's own
handler stops taking connections, answers what is under way, and ends the process.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from service.traffic import Traffic


def drain_on_sigterm(traffic: Traffic, seconds: float) -> None:
    """Let SIGTERM begin the end; to be called in the event loop, when the server has its handler in place.

    Nothing changes where the server handles no signals, or the loop is not in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if not callable(end):
        return

    def begin() -> None:
        if not traffic.draining:
            traffic.draining = True
            loop.call_later(seconds, end, signal.SIGTERM, None)

    def on_signal(_: int, __: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, on_signal)
