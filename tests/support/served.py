"""The product behind a real socket, for tests that open pages as a browser or another machine does."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

# Seconds between two looks of a server at whether it must stop.
STOPS_WITHIN = 0.02


def read_whole(app: WSGIApplication) -> WSGIApplication:
    """`app`, each answer read and closed before any of it is sent.

    A browser that goes to another page hangs up on what it was still loading. Werkzeug's server then leaves
    the answer open, with its file: a warning, which fails whichever test runs when the file is collected.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, list(headers))
        return body

    return answer


@contextmanager
def served(app: WSGIApplication) -> Iterator[int]:
    """Serves `app` on loopback, a thread a request, for as long as the block lasts; gives the port."""
    server = make_server("127.0.0.1", 0, read_whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(STOPS_WITHIN,), name="served")
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
