"""A listening socket stops taking connections, where the kernel allows a filter and where it does not."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest

from textcnn.service.http.draining import refuse_connections


class Denied(socket.socket):
    """A listening socket of a user who may attach no filter, as some kernels have it."""

    def setsockopt(self, *_: Any) -> None:  # noqa: ANN401  # as the library's
        raise PermissionError(1, "Operation not permitted")


def connect_until_refused(address: tuple[str, int], most: int) -> list[socket.socket]:
    made: list[socket.socket] = []
    with suppress(TimeoutError):
        while len(made) < most:
            made.append(socket.create_connection(address, timeout=0.3))
    return made


@pytest.mark.parametrize("kind", [socket.socket, Denied])
def test_those_who_wait_are_accepted_and_the_crowd_after_them_is_not(kind: type[socket.socket]) -> None:
    with kind(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        listener.settimeout(5)
        address = listener.getsockname()
        waiting = [socket.create_connection(address, timeout=5) for _ in range(3)]
        refuse_connections(listener)
        for each in waiting:
            each.sendall(b"?")
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.recv(1) == b"?"
        late = connect_until_refused(address, 8)
        assert len(late) < 8
        for each in (*waiting, *late):
            each.close()
