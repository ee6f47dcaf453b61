"""`matching serve` in a process of its own, and a browser that reads it: what the page benchmarks share."""

from __future__ import annotations

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from matching.demo import DEMO_PASSWORD


@dataclass
class Browser:
    """What an adviser's browser does: keeps its cookie, sends the form's token back."""

    address: str
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=120) as answer:
            return str(answer.read().decode())

    def token(self, path: str) -> str:
        """What the forms of a page send back to be believed."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path))
        if found is None:
            raise SystemExit(f"Le formulaire de {path} n’a pas de jeton.")
        return found[1]

    def post(self, path: str, form: dict[str, str]) -> str:
        request = urllib.request.Request(
            self.address + path,
            data=urllib.parse.urlencode(form).encode(),
            headers={"Referer": self.address + path},
        )
        with self.opener.open(request, timeout=120) as answer:
            return str(answer.read().decode())

    def log_in(self, email: str) -> None:
        form = {
            "csrf_token": self.token("/connexion"),
            "email": email,
            "password": DEMO_PASSWORD,
            "next": "/aujourdhui",
        }
        try:
            self.post("/connexion", form)
        except urllib.error.HTTPError as error:
            # The page after the login is not what is measured.
            if error.code < 404:
                raise


def timed(ask: Callable[[], str]) -> tuple[float, float]:
    """Milliseconds from the request to the last byte of the page that `ask` reads, and its kilobytes."""
    began = time.perf_counter()
    page = ask()
    spent = (time.perf_counter() - began) * 1000
    if "</html>" not in page:
        raise SystemExit("Une page est incomplète.")
    return spent, len(page.encode()) / 1024


@contextmanager
def served(url: str) -> Iterator[tuple[Browser, int]]:
    """`matching serve` in a process of its own: a browser of its address, and its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"MATCHING_DATABASE_URL": url, "MATCHING_PORT": str(port), "MATCHING_SECRET_KEY": "benchmark only"}
    command = [sys.executable, "-c", "from matching.cli import main; main()", "serve"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Browser(f"http://127.0.0.1:{port}"), process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("Le serveur s’est arrêté.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("Le serveur ne répond pas.")


def peak_mb(pid: int) -> float | None:
    """The most memory the process has held; None where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024)


def processor_seconds(pid: int) -> float | None:
    """Processor time the process has taken; None where the system does not say."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return None
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_idle(pid: int, longest_s: float = 120.0) -> None:
    """The compiled pass warms up behind the first pages: waits until the process rests for a second."""
    until = time.monotonic() + longest_s
    spent = processor_seconds(pid)
    while spent is not None and time.monotonic() < until:
        time.sleep(1.0)
        now = processor_seconds(pid) or spent
        if now - spent < 0.05:
            return
        spent = now
