"""Let web pages of other origins call the providers: off by default, as none of the providers documents it."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from starlette.middleware.cors import CORSMiddleware

from mockreel.contract.data.base_types import HeaderFields
from mockreel.errors import OptionError
from mockreel.server.http.asgi import App, Receive, Scope, Send

ANY = "*"


def added(origins: Sequence[str]) -> HeaderFields:
    """What `allowing` adds to a response to a request without an origin."""
    if not origins:
        return ()
    sent: list[Mapping[str, Any]] = []

    async def blank(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def keep(message: Mapping[str, Any]) -> None:
        sent.append(message)

    async def nothing() -> Mapping[str, Any]:
        return {}

    call = allowing(blank, origins)({"type": "http", "method": "GET", "headers": []}, cast(Receive, nothing), keep)
    with contextlib.suppress(StopIteration):  # nothing in it waits
        call.__await__().send(None)
    return tuple(sent[0]["headers"])


def allowing(app: App, origins: Sequence[str]) -> App:
    """An application that pages of these origins may call and read, with any method, header and status.

    Cookies are not allowed, as the providers take none.

    Args:
        origins: as `http://localhost:5173`, or `*` for any.

    Raises:
        OptionError: one is no origin.
    """
    for origin in origins:
        scheme, mark, rest = origin.partition("://")
        if origin != ANY and (scheme not in ("http", "https") or not mark or not rest or "/" in rest):
            raise OptionError("--cors", origin, [ANY, "http://localhost:5173", "https://…"], then="No path, no slash.")
    return cast(
        App,
        CORSMiddleware(
            cast(Any, app),
            allow_origins=tuple(origins),
            allow_methods=("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"),
            allow_headers=("*",),
            expose_headers=("*",),
            allow_private_network=True,
            max_age=600,
        ),
    )
