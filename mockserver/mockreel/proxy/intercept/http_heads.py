"""Read and write the heads of HTTP/1.1 messages."""

import asyncio
import base64
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

HEAD_BYTES = 64 * 1024


class ProxyError(Exception):
    """An error response by the proxy itself: a status and the reason."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request to a proxy: the three parts of its request line, and its header lines."""

    method: str
    target: str
    version: str
    lines: tuple[bytes, ...]


async def read_head(reader: asyncio.StreamReader) -> Head:
    try:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, version = first.decode("latin-1").split(" ")
    except (asyncio.LimitOverrunError, ValueError) as problem:
        raise ProxyError(400, "This is the proxy of a run; it received no HTTP/1.1 request.") from problem
    return Head(method, target, version, tuple(lines))


def authority_of(target: str, usual: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{target}")
        return (parts.hostname or ""), parts.port or usual
    except ValueError as problem:
        raise ProxyError(400, f"{target[:200]!r} is not a host and port.") from problem


def rewritten(head: Head, parts: SplitResult, proxy: SplitResult | None) -> bytes:
    """The head for the host, or for the proxy before it; the connection closes after the response."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [line for line in head.lines if not line.lower().startswith((b"connection:", b"proxy-"))]
    first = f"{head.method} {head.target if proxy else path} {head.version}".encode("latin-1")
    login = login_of(proxy).removesuffix(b"\r\n") if proxy else b""
    return b"\r\n".join([first, *lines, *filter(None, [login]), b"Connection: close", b"", b""])


def login_of(proxy: SplitResult) -> bytes:
    """The header that authenticates the user in a proxy's URL."""
    if not proxy.username:
        return b""
    credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return b"Proxy-Authorization: Basic " + base64.b64encode(credentials) + b"\r\n"


async def send_error(writer: asyncio.StreamWriter, status: int, why: str) -> None:
    """Send an error response; the status line has the reason too, as clients show only that of a failed tunnel."""
    reason = why.encode("ascii", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
    body = b"mockreel run: " + reason + b"\n"
    head = b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    writer.write(head % (status, reason, len(body)) + body)
    await writer.drain()
