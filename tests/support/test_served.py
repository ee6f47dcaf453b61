"""A browser that hangs up leaves nothing open behind it."""

import socket
from collections.abc import Iterable, Iterator
from threading import Event
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.support.served import served

ENOUGH = 60.0
"""Seconds after which what did not happen never will."""


class Answer:
    """An answer that ends when the browser has gone."""

    def __init__(self) -> None:
        self.begun, self.gone, self.closed = Event(), Event(), Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"begun"
        self.begun.set()
        self.gone.wait(ENOUGH)

    def close(self) -> None:
        self.closed.set()


def test_an_answer_nobody_waits_for_is_closed() -> None:
    answer = Answer()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "5")])
        return answer

    with served(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as browser:
            # Lingering zero seconds: closing is a reset, as when a page is left.
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer.begun.wait(ENOUGH)
        answer.gone.set()
        assert answer.closed.wait(ENOUGH)
