"""What a request of the control API says, read strictly: JSON bodies, numbers, limits, providers."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.requests import Request

from understudy.callbacks import Delivery
from understudy.errors import OptionError
from understudy.jobs import Job
from understudy.part import Part
from understudy.stage import Stage

MOST_BYTES = 1024 * 1024  # of a body; what the control API is told is small


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object of a request; anything but JSON is refused, so that no form of another page gets in."""
    kind = _content_type(request)
    if kind != "application/json":
        raise OptionError("content type", kind, ["application/json"])
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise OptionError("body", f"more than {MOST_BYTES} bytes", ["a small JSON object"])
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise OptionError("body", str(wrong), ["a JSON object"]) from wrong
    if not isinstance(body, dict):
        raise OptionError("body", body, ["a JSON object"])
    return body


def no_form(request: Request) -> None:
    """What needs no body may be asked without one, but not by a form."""
    kind = _content_type(request)
    if kind not in ("", "application/json"):
        raise OptionError("content type", kind, ["application/json", "none"])


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def number(body: Mapping[str, Any], name: str) -> float:
    """A number in a body."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(name, value, ["a number"], then=f'Send {{"{name}": 3}}.')
    return float(value)


def limit(request: Request) -> int:
    """How many of a list are wanted."""
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 10_000):
        raise OptionError("limit", text, ["a whole number from 1 to 10000"])
    return int(text)


class NotThere(OptionError):
    """Nothing of that name is on the stage (any more); answered with 404."""


def job(stage: Stage, request: Request) -> tuple[Part, Job]:
    """The job that the path names.

    Raises:
        NotThere: there is none.
    """
    part, name = stage.part(request.path_params["provider"]), request.path_params["id"]
    found = part.jobs.get(name)
    if found is None:
        raise NotThere(f"job of {part.name}", name, then="The list of jobs has those that there are.")
    return part, found


def delivery(stage: Stage, request: Request) -> tuple[Part, Delivery]:
    """The delivery that the path names.

    Raises:
        NotThere: there is none.
    """
    part, name = stage.part(request.path_params["provider"]), request.path_params["id"]
    found = part.deliveries.get(name)
    if found is None:
        raise NotThere(f"delivery of {part.name}", name, then="The list of deliveries has those that there are.")
    return part, found


def text(body: Mapping[str, Any], name: str, default: str) -> str:
    """A text in a body, or the default."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise OptionError(name, value, ["a text"])
    return value


def known(body: Mapping[str, Any], names: Iterable[str]) -> None:
    """See that a body says nothing that would be overlooked."""
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise OptionError("field", ", ".join(unknown), names)


def parts(stage: Stage, request: Request) -> list[Part]:
    """The provider that the query names, or all of them."""
    name = request.query_params.get("provider")
    return [stage.part(name)] if name else list(stage.parts.values())
