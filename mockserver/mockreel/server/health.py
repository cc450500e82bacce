"""Whether the server is alive and ready, for whatever starts it: without a token, and with no more than the reason."""

from collections.abc import Callable

from mockreel.contract.messages.message import Response

# Served beside the control API, not below it: orchestrators expect them there.
HEALTHZ, READYZ = "/healthz", "/readyz"
HEALTH_PATHS = frozenset({HEALTHZ, READYZ})
METRICS_PATH = "/metrics"

_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))


def health(path: str, method: str, *, unready: Callable[[], str]) -> Response:
    """The response to a question about the server's health.

    Args:
        path: `/healthz` is answered as long as anything is, `/readyz` while the server can do what it is for.
        unready: why it cannot; empty where it can.
    """
    if method not in ("GET", "HEAD"):
        return Response(405, b"Use GET.\n", (*_PLAIN, (b"allow", b"GET, HEAD")))
    if path == READYZ and (reason := unready()):
        return Response(503, f"{reason}\n".encode(), _PLAIN)
    return Response(200, b"ok\n", _PLAIN)
