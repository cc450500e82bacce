"""The proxy's yardstick: a bare forwarder on the same stack (uvicorn and httpx2) that judges and counts nothing.

`python -m bench.forwarder UPSTREAM`: prints its port and serves.
"""

import sys
from typing import Any
from urllib.parse import urlsplit

import httpx2
import uvicorn

from mockreel.server.http.sockets import listen, port_of

_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"host"}


class Forwarder:
    """Sends each request on and hands back the response as it comes."""

    def __init__(self, upstream: str) -> None:
        self._url = upstream + "/"
        self._client = httpx2.AsyncClient(timeout=60, trust_env=False, limits=httpx2.Limits(max_connections=256))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP]
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = httpx2.Request(
            scope["method"], self._url, headers=headers, content=body or None, extensions={"target": target}
        )
        request.headers["Host"] = urlsplit(self._url).netloc
        reply = await self._client.send(request, stream=True)
        stored = [(name.lower(), value) for name, value in reply.headers.raw if name.lower() not in _HOP]
        await send({"type": "http.response.start", "status": reply.status_code, "headers": stored})
        async for chunk in reply.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        await reply.aclose()


def main(upstream: str) -> None:
    """Serve until killed, with the settings under which the proxy runs uvicorn."""
    sockets = listen("127.0.0.1", 0, ())["control"]
    sys.stdout.write(f"{port_of(sockets)}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        Forwarder(upstream),
        http="httptools",
        loop="auto",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    uvicorn.Server(config).run(sockets=[*sockets])


if __name__ == "__main__":
    main(sys.argv[1])
