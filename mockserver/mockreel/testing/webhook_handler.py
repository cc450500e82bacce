"""Check a webhook handler in one line of a test: one at a URL, or an ASGI or WSGI application."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from mockreel.errors import OptionError

if TYPE_CHECKING:
    from mockreel.conformance.handler import Job
    from mockreel.conformance.reports.report import Report

HOST = "127.0.0.1"


def check_webhook_handler(
    handler: Any,
    *,
    provider: str,
    secret: str | None = None,
    path: str = "/",
    former_secrets: Sequence[str] = (),
    before: "str | Callable[[Job], object] | None" = None,
    operations: Sequence[str] = (),
    budget: float = 60.0,
    seed: int = 0,
    data: Path | None = None,
    ca: Path | None = None,
) -> "Report":
    """Check a handler of a provider's webhooks: it must accept every valid one in time, and no forged one.

    Args:
        handler: a URL, or an ASGI or WSGI application, which is served during the check.
        secret: the secret that it verifies with; required if the provider signs.
        path: the application's path for webhooks.
        former_secrets: earlier secrets, which it must reject now.
        before: called with each job before its first webhook: a callable, or a URL that accepts JSON.
        operations: the operations of the jobs; those of the provider's first sort of job if empty.
        budget: seconds for everything.
        ca: a certificate authority to trust at an https:// URL, besides the usual ones and those of `SSL_CERT_FILE`.

    Raises:
        AssertionError: a check failed or could not be made; the message is the report.
        OptionError: the provider documents no webhook, it signs and no secret is given, or `ca` has no certificate.
        MockreelError: nothing answers at the URL, its certificate is not trusted, or `before` failed.
    """
    from mockreel.conformance.handler import HandlerPlan, check_handler  # noqa: PLC0415
    from mockreel.conformance.reports import terminal_report  # noqa: PLC0415

    plan = HandlerPlan(secret, tuple(former_secrets), before, budget, tuple(operations), seed, data, ca)
    with _serve(handler) as origin:
        report = check_handler(handler if origin is None else origin + path, provider, plan)
    skipped = [outcome for outcome in report.outcomes if outcome.skip_reasons]
    if report.exit_code or skipped:
        raise AssertionError(f"The handler failed the check.\n{terminal_report.terminal_text(report)}")
    return report


def _serve(handler: Any) -> contextlib.AbstractContextManager[str | None]:
    """The URL of an application while it is served; None for a URL."""
    if isinstance(handler, str):
        return contextlib.nullcontext()
    if not callable(handler):
        raise OptionError("handler", type(handler).__name__, ["a URL", "an ASGI application", "a WSGI application"])
    asynchronous = iscoroutinefunction(handler) or iscoroutinefunction(type(handler).__call__)
    return _asgi(handler) if asynchronous else _wsgi(handler)


@contextlib.contextmanager
def _asgi(app: Any) -> Iterator[str]:
    import uvicorn  # noqa: PLC0415

    from mockreel.server.http.connection.bounded_protocol import Bounded  # noqa: PLC0415
    from mockreel.server.http.sockets import bind, url_of  # noqa: PLC0415
    from mockreel.server.http.uvicorn_server import Loop, in_thread  # noqa: PLC0415

    sockets = bind(HOST, 0, ["handler"])["handler"]
    loop = Loop(uvicorn.Config(app, http=Bounded, ws="none", log_config=None, log_level="critical", access_log=False))

    class Serving:
        def run(self, *, ready: Callable[[], None] | None = None) -> None:
            loop.ready = ready
            loop.run(sockets=list(sockets))

        def stop(self) -> None:
            loop.end()

    try:
        with in_thread(Serving(), what="The application"):
            yield url_of(sockets)
    finally:
        for socket in sockets:
            socket.close()


@contextlib.contextmanager
def _wsgi(app: Any) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing: the report has the responses."""

    server = make_server(HOST, 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
