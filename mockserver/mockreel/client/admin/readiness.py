"""Wait until a server's ready file exists and its control port reports that it is ready."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from mockreel.client.admin.control_request import check_url, trusting
from mockreel.client.admin.server_address import control_address
from mockreel.contract.messages.version_header import VERSION_HEADER
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import ControlUnreachable

READY_PATH = "/readyz"
PAUSE_SECONDS = 0.05
# The timeout of one request.
MOST_SECONDS = 5.0


def wait_until_ready(
    *,
    url: str | None = None,
    ready_file: Path | None = None,
    ca: Path | str | None = None,
    timeout: float = 30.0,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until a server is ready; returns the address of its control port.

    Args:
        url: the address of its control port; read from the ready file if None.
        ready_file: the file that the server writes once everything answers.
        ca: the file of its certificate authority; a ready file names it.
        timeout: real seconds.

    Raises:
        ControlUnreachable: it was not ready in time; the message says why.
        OptionError: the URL has no scheme.
        DataError: the ready file is not one, or the certificate authority cannot be used.
    """
    if url is not None:
        check_url(url)
    deadline = now() + timeout
    while True:
        try:
            found, authority = (url, ca) if url is not None else control_address(Path(ready_file or ""))
            return _ready(found, authority, max(0.001, min(MOST_SECONDS, deadline - now())))
        except ControlUnreachable:
            if now() >= deadline:
                raise
        sleep(PAUSE_SECONDS)


def _ready(url: str, ca: Path | str | None, seconds: float) -> str:
    """Send one request.

    Raises:
        ControlUnreachable: nothing answers, or it is not ready yet.
    """
    options = {"verify": trusting(ca)} if ca else {}
    try:
        response = httpx2.get(url.rstrip("/") + READY_PATH, timeout=seconds, trust_env=False, **options)  # type: ignore[arg-type]
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        raise ControlUnreachable(url, transport_reason(problem)) from problem
    if VERSION_HEADER not in response.headers:
        raise ControlUnreachable(url, "the server there is not mockreel")
    if not response.is_success:
        raise ControlUnreachable(url, f"it is not ready: {response.text}")
    return url
