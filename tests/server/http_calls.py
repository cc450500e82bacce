"""Requests of tests to a running mock server: whole ones, and bytes as they are."""

import http.client
import socket
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import orjson

GOOD = {"model": "solo", "input": {"prompt": "x"}}


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port_of(url), timeout=20)


def ask(url: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """One request over a connection of its own."""
    with closing(connect(url)) as client:
        raw = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        client.request(method, path, raw, {"Authorization": "Bearer k", **kind, **headers})
        answer = client.getresponse()
        content = answer.read()
        parsed = orjson.loads(content) if "json" in (answer.getheader("content-type") or "") and content else content
        return answer.status, parsed, {name.lower(): value for name, value in answer.getheaders()}


def raw(url: str, sent: bytes, *, answers: int = 1) -> list[bytes]:
    """The status lines of the answers to bytes that are sent as they are; fewer if the server hangs up."""
    with closing(socket.create_connection(("127.0.0.1", port_of(url)), timeout=20)) as one:
        one.sendall(sent)
        found: list[bytes] = []
        with one.makefile("rb") as reader:
            while len(found) < answers and (line := reader.readline()):
                found.append(line.strip())
                length = 0
                while (header := reader.readline().strip()) != b"":
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                reader.read(length)
        return found
