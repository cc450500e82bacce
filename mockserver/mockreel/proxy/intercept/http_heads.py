"""The heads of HTTP/1.1 messages, as a proxy reads and writes them."""

import asyncio
import base64
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

HEAD_BYTES = 64 * 1024


class Answered(Exception):
    """A request that the proxy answers itself: a status and the reason."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request to a proxy: its line in three, and its header lines."""

    method: str
    target: str
    version: str
    lines: tuple[bytes, ...]


async def read_head(reader: asyncio.StreamReader) -> Head:
    try:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, version = first.decode("latin-1").split(" ")
    except (asyncio.LimitOverrunError, ValueError) as problem:
        raise Answered(400, "This is the proxy of a run, and what was sent is no HTTP/1.1 request.") from problem
    return Head(method, target, version, tuple(lines))


def authority_of(target: str, usual: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{target}")
        return (parts.hostname or ""), parts.port or usual
    except ValueError as problem:
        raise Answered(400, f"{target[:200]!r} is no host and port.") from problem


def rewritten(head: Head, parts: SplitResult, proxy: SplitResult | None) -> bytes:
    """The head as the host, or the proxy before it, wants it: the connection ends with the response."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in head.lines if not line.lower().startswith((b"connection:", b"proxy-"))]
    first = f"{head.method} {head.target if proxy else path} {head.version}".encode("latin-1")
    login = login_of(proxy).removesuffix(b"\r\n") if proxy else b""
    return b"\r\n".join([first, *kept, *filter(None, [login]), b"Connection: close", b"", b""])


def login_of(proxy: SplitResult) -> bytes:
    """The header by which a proxy knows the user that its URL names."""
    if not proxy.username:
        return b""
    told = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return b"Proxy-Authorization: Basic " + base64.b64encode(told) + b"\r\n"


async def answer(writer: asyncio.StreamWriter, status: int, why: str) -> None:
    """Say no; the reason stands in the status line too, since clients show no more of a refused tunnel."""
    told = why.encode("ascii", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
    body = b"mockreel run: " + told + b"\n"
    head = b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    writer.write(head % (status, told, len(body)) + body)
    await writer.drain()
