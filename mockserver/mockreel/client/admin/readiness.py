"""Waiting until a server answers: its ready file appears, and its control port says that it is ready."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from mockreel.client.admin.control_request import VERSION_HEADER, trusting
from mockreel.client.admin.server_address import control_door
from mockreel.errors import ControlUnreachable

READY_PATH = "/readyz"
PAUSE_SECONDS = 0.05
# How long one question may take.
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
        ca: the file of the certificate authority that vouches for it; a ready file names it.
        timeout: real seconds.

    Raises:
        ControlUnreachable: it was not ready in time; the message says what was missing last.
        DataError: the ready file is not one, or the certificate authority cannot be used.
    """
    deadline = now() + timeout
    while True:
        try:
            found, vouching = (url, ca) if url is not None else control_door(Path(ready_file or ""))
            return _ready(found, vouching, max(0.001, min(MOST_SECONDS, deadline - now())))
        except ControlUnreachable:
            if now() >= deadline:
                raise
        sleep(PAUSE_SECONDS)


def _ready(url: str, ca: Path | str | None, seconds: float) -> str:
    """Ask once.

    Raises:
        ControlUnreachable: nothing answers, or it is not ready yet.
    """
    options = {"verify": trusting(ca)} if ca else {}
    try:
        response = httpx2.get(url.rstrip("/") + READY_PATH, timeout=seconds, trust_env=False, **options)  # type: ignore[arg-type]
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        raise ControlUnreachable(url, str(problem) or type(problem).__name__) from problem
    if VERSION_HEADER not in response.headers:
        raise ControlUnreachable(url, "what answers there is not mockreel")
    if not response.is_success:
        raise ControlUnreachable(url, f"it is not ready: {response.text}")
    return url
