"""A request to the control API as an entry of a log that several servers share, and back."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.requests import Request

from mockreel.server.admin.request_reader import MOST_SNAPSHOT, read_bytes
from mockreel.simulator.storage.logs.log_entry import read, written


async def as_row(request: Request) -> dict[str, Any]:
    return {
        "m": request.method,
        "path": request.url.path,
        "q": request.url.query,
        "kind": request.headers.get("content-type", ""),
        "b": dict(written(await read_bytes(request, MOST_SNAPSHOT))),
    }


def request_of(fields: Mapping[str, Any]) -> Request:
    body = read(fields["b"])
    scope = {
        "type": "http",
        "method": fields["m"],
        "path": fields["path"],
        "query_string": fields["q"].encode(),
        "headers": [(b"content-type", fields["kind"].encode("latin-1"))],
        "root_path": "",
    }

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)
