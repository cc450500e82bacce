"""The yardsticks: a bare Starlette app of two routes that parses JSON and returns JSON of a given size, and the same
as one ASGI function.

`python -m bench.bare SAMPLES [raw]`: prints its port and serves; `SAMPLES` maps a name to a response.
"""

import sys
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockreel.server.http.sockets import listen, port_of


class JSONResponse(Response):
    """Starlette's own, with orjson."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


def build(samples: dict[str, object]) -> Starlette:
    """The app."""

    async def submit(request: Request) -> JSONResponse:
        orjson.loads(await request.body())
        return JSONResponse(samples[request.path_params["name"]])

    async def poll(request: Request) -> JSONResponse:
        return JSONResponse(samples[request.path_params["name"]])

    path = "/jobs/{name}"
    return Starlette(routes=[Route(path, submit, methods=["POST"]), Route(path, poll, methods=["GET"])])


def build_raw(samples: dict[str, object]) -> Any:
    """The same without a framework."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        if scope["method"] == "POST":
            message = await receive()
            body = message["body"]
            while message["more_body"]:
                message = await receive()
                body += message["body"]
            orjson.loads(body)
        reply = orjson.dumps(samples[scope["path"].removeprefix("/jobs/")])
        headers = [(b"content-length", b"%d" % len(reply)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": reply})

    return app


def main(samples: Path, *, raw: bool = False) -> None:
    """Serve until killed, with the settings under which `mockreel serve` runs uvicorn."""
    app = (build_raw if raw else build)(orjson.loads(samples.read_bytes()))  # before another one's are written there
    sockets = listen("127.0.0.1", 0, ())["control"]
    sys.stdout.write(f"{port_of(sockets)}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="auto",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[*sockets])


if __name__ == "__main__":
    main(Path(sys.argv[1]), raw=sys.argv[2:] == ["raw"])
