"""One line of a test checks a handler: at a URL, or an application as it is."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from conformance.handlers import SECRET, Handle, WebhookRequest, careful, receiving, trusting
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockreel.errors import OptionError
from mockreel.testing import check_webhook_handler

PATH = "/hooks/runflow"


def starlette(handle: Handle) -> Starlette:
    """As an application in FastAPI is."""

    async def hook(request: Request) -> Response:
        status = handle(WebhookRequest(await request.body(), dict(request.headers)))
        return Response(status_code=status or 500)

    return Starlette(routes=[Route(PATH, hook, methods=["POST"])])


def wsgi(handle: Handle) -> Callable[..., Iterable[bytes]]:
    """As an application in Flask is."""

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        signature = environ.get("HTTP_RUNFLOW_SIGNATURE", "")
        status = handle(WebhookRequest(body, {"runflow-signature": signature})) if environ["PATH_INFO"] == PATH else 404
        start_response(f"{status} so", [("content-length", "0")])
        return [b""]

    return app


@pytest.mark.parametrize("serve", [starlette, wsgi])
def test_an_application_is_checked_as_it_is(serve: Callable[[Handle], Any]) -> None:
    """ASGI or WSGI, at its own path; one that verifies nothing fails with the report."""
    assert check_webhook_handler(serve(careful), provider="runflow", secret=SECRET, path=PATH).exit_code == 0

    with pytest.raises(AssertionError, match=r"handler\.forged"):
        check_webhook_handler(serve(trusting), provider="runflow", secret=SECRET, path=PATH)


def test_a_handler_at_a_url_is_checked() -> None:
    """As `check --handler` does."""
    with receiving(careful) as url:
        report = check_webhook_handler(url, provider="runflow", secret=SECRET)

    assert report.findings == ()


def test_an_incomplete_check_does_not_pass() -> None:
    """A budget that is too small is no success."""
    with receiving(careful) as url, pytest.raises(AssertionError, match="requests were not sent: the budget"):
        check_webhook_handler(url, provider="runflow", secret=SECRET, budget=0.001)


def test_what_is_no_handler_is_an_error() -> None:
    """The message says what can be checked."""
    with pytest.raises(OptionError, match="an ASGI application"):
        check_webhook_handler(7, provider="runflow", secret=SECRET)
