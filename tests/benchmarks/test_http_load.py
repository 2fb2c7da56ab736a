"""The client that measures: what it counts, against servers that keep and break promises."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from benchmarks.http_load import Tally, drive, for_answers, for_seconds, post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"
REQUEST = post("/", {"text": "好"})


@contextmanager
def server(answers: Callable[[int], bytes | None]) -> Iterator[int]:
    """The port of a server that gives its n-th answer on each connection; None closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener, answers), daemon=True).start()
        yield listener.getsockname()[1]


def accept(listener: socket.socket, answers: Callable[[int], bytes | None]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the test is over
            return
        threading.Thread(target=answer, args=(connection, answers), daemon=True).start()


def answer(connection: socket.socket, answers: Callable[[int], bytes | None]) -> None:
    number = 0
    with connection:
        while connection.recv(65_536):
            given = answers(number)
            if given is not None:
                connection.sendall(given)
            if given in (None, CUT, LAST):
                return
            number += 1


def test_answers_are_counted_up_to_the_number_wanted() -> None:
    with server(lambda _: ANSWER) as port:
        tally = drive(port, [REQUEST], connections=3, go_on=for_answers(20, 3))
    assert tally.answers == 20
    assert tally.statuses == {200: 20}
    assert tally.failures == 0
    assert tally.per_second > 0


def test_a_run_ends_after_its_time() -> None:
    with server(lambda _: ANSWER) as port:
        tally = drive(port, [REQUEST], connections=2, go_on=for_seconds(0.05))
    assert tally.answers >= 2
    assert tally.seconds >= 0.05


def test_an_answer_in_two_pieces_is_one_answer() -> None:
    halves = [ANSWER[:30], ANSWER[30:]]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(halves[0])
                threading.Event().wait(0.05)
                connection.sendall(halves[1])

        threading.Thread(target=serve, daemon=True).start()
        tally = drive(listener.getsockname()[1], [REQUEST], connections=1, go_on=for_answers(1, 1))
    assert (tally.answers, tally.cut) == (1, 0)


def test_what_is_not_200_is_a_failure() -> None:
    with server(lambda number: BUSY if number else ANSWER) as port:
        tally = drive(port, [REQUEST], connections=1, go_on=for_answers(5, 1))
    assert tally.statuses == {200: 1, 429: 4}
    assert tally.failures == 4


def test_a_request_that_was_sent_before_the_signal_and_not_answered_is_lost() -> None:
    with server(lambda number: None if number == 2 else ANSWER) as port:
        tally = drive(port, [REQUEST], connections=2, go_on=for_answers(100, 2))
    assert tally.answers == 4
    assert len(tally.unanswered) == 2
    assert tally.lost(max(tally.unanswered) + 1) == 2
    assert tally.lost(min(tally.unanswered)) == 0


def test_an_answer_that_was_cut_off_is_lost_whenever_it_was_asked_for() -> None:
    with server(lambda _: CUT) as port:
        tally = drive(port, [REQUEST], connections=1, go_on=for_answers(100, 1))
    assert (tally.answers, tally.cut, tally.lost(0.0)) == (0, 1, 1)


def test_another_connection_is_made_in_place_of_one_that_is_said_to_close() -> None:
    with server(lambda number: LAST if number else ANSWER) as port:
        tally = drive(port, [REQUEST], connections=2, go_on=for_answers(30, 2))
    assert (tally.answers, tally.failures) == (30, 0)


def test_a_percentile_is_one_of_the_latencies() -> None:
    tally = Tally(latencies=[float(number) for number in range(1, 101)])
    assert (tally.percentile(50), tally.percentile(99)) == (51.0, 100.0)
    assert Tally(latencies=[3.0]).percentile(99) == pytest.approx(3.0)
