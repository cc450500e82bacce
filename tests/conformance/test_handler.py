"""`check --handler`: a receiver of callbacks that does everything right holds; each mistake is told."""

import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mockreel.conformance.handler.handler_check import check_handler
from mockreel.conformance.reports.report import Report
from mockreel.errors import MockreelError, OptionError

SECRET = "a secret of the test"
# How a receiver answers: (body, signature) -> status.
Receive = Callable[[bytes, str], int]
REQUIRED = {"event", "run_id", "status", "output", "duration_ms", "created_at", "completed_at", "metadata"}


def careful(body: bytes, signature: str) -> int:
    """Verifies, then parses, then takes."""
    if not hmac.compare_digest(signature, hmac.new(SECRET.encode(), body, "sha256").hexdigest()):
        return 401
    return 200 if is_callback(body) else 422


def is_callback(body: bytes) -> bool:
    try:
        found: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) >= REQUIRED


def trusting(body: bytes, _: str) -> int:
    """Verifies nothing."""
    return 200 if is_callback(body) else 422


class Suspicious:
    """Takes nothing twice."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    def __call__(self, body: bytes, signature: str) -> int:
        known = body in self.seen
        self.seen.add(body)
        return 409 if known else careful(body, signature)


def broken(body: bytes, signature: str) -> int:
    """Breaks on what it cannot parse."""
    status = careful(body, signature)
    return 500 if status == 422 else status


@contextmanager
def receiving(receive: Receive) -> Iterator[str]:
    """A handler on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(receive(body, self.headers.get("Runflow-Signature", "")))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def checked(receive: Receive) -> Report:
    with receiving(receive) as url:
        return check_handler(url, "runflow", secret=SECRET)


def wrong(report: Report) -> set[str]:
    return {outcome.check for outcome in report.outcomes if outcome.verdict == "falls short"}


def test_a_careful_handler_holds() -> None:
    """Every event is taken, valid, twice and late; nothing forged is; what is malformed gets a 4xx."""
    report = checked(careful)

    assert wrong(report) == set()
    assert report.exit_code == 0
    assert {outcome.check: outcome.cases for outcome in report.outcomes}["handler.generated"] >= 20


@pytest.mark.parametrize(
    ("receive", "check"),
    [(trusting, "handler.forged"), (Suspicious(), "handler.again"), (broken, "handler.malformed")],
    ids=["trusting", "suspicious", "broken"],
)
def test_a_mistake_of_a_handler_is_told(receive: Receive, check: str) -> None:
    """A handler that verifies nothing, takes nothing twice, or breaks falls short by the check that says so."""
    report = checked(receive)

    assert check in wrong(report)
    assert report.exit_code == 1


def test_no_secret_stands_in_a_report_about_a_handler() -> None:
    """Neither the secret nor a signature that was made with it is shown."""
    report = checked(trusting)
    shown = "\n".join(f"{finding.came} {finding.curl}" for finding in report.findings)

    assert SECRET not in shown
    assert "Runflow-Signature" not in shown


def test_a_handler_that_does_not_answer_is_an_error() -> None:
    """Nobody at the URL: one sentence that says so."""
    with pytest.raises(MockreelError, match="No handler answers at"):
        check_handler("http://127.0.0.1:1/hook", "runflow", secret=SECRET)


def test_what_a_handler_needs_is_asked_for() -> None:
    """A provider that signs needs a secret; one without callbacks has nothing to send."""
    with pytest.raises(OptionError, match="give the handler's secret"):
        check_handler("http://127.0.0.1:1/hook", "runflow", secret=None)
    with pytest.raises(OptionError, match="documents no callback"):
        check_handler("http://127.0.0.1:1/hook", "aimlapi", secret=None)
