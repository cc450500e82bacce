"""Reads requests of the control API strictly: JSON bodies, numbers, limits, providers."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from mockreel.contract.messages.body import read_json
from mockreel.engine.jobs.job import Job
from mockreel.errors import OptionError, nearest
from mockreel.server.admin.route import Row
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import Delivery

MOST_BYTES = 1024 * 1024  # of a body; control requests are small
MOST_SNAPSHOT = 1024 * 1024 * 1024  # of a snapshot to restore: it contains uploads and bodies
MOST_DIGITS = 12  # of a number in a path or a query
MOST_LISTED = 40  # valid values in a message; of more the nearest are named


async def json_object(request: Request, *, most: int = MOST_BYTES) -> dict[str, Any]:
    """The JSON object of a request; anything but JSON is refused, so that no form of another page gets in."""
    check_json(request)
    return object_of(await read_bytes(request, most))


def check_json(request: Request) -> None:
    kind = _content_type(request)
    if kind != "application/json":
        raise OptionError("content type", kind, ["application/json"])


async def optional_json(request: Request) -> dict[str, Any]:
    """The same if it is optional: an empty body is an empty object."""
    _no_form(request)
    raw = await read_bytes(request, MOST_BYTES)
    return object_of(raw) if raw else {}


async def read_bytes(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        OptionError: it is longer than `most` bytes.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise OptionError("body", f"more than {most} bytes", ["a smaller JSON object"])
    return b"".join(chunks)


def object_of(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        OptionError: it is none.
    """
    try:
        body = read_json(raw)
    except ValueError as wrong:
        raise OptionError("body", str(wrong), ["a JSON object"]) from wrong
    if not isinstance(body, dict):
        raise OptionError("body", body, ["a JSON object"])
    return body


async def no_body(request: Request) -> None:
    """See that a request has no body, or an empty object: what stands in one would be overlooked."""
    check_names(await optional_json(request), ())


def _no_form(request: Request) -> None:
    """A request whose body is optional must not be a form."""
    kind = _content_type(request)
    if kind not in ("", "application/json"):
        raise OptionError("content type", kind, ["application/json", "none"])


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_query(request: Request, row: Row) -> None:
    """See that a query has nothing that would be overlooked."""
    valid = row.query or ()
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if name not in valid:
            raise OptionError("query parameter", name, valid, then="" if valid else "This path takes none.")
        if len(values) > 1 and name not in row.repeatable:
            raise OptionError(name, ", ".join(values), then="Give it once.", because="is more than one value")


def number(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(name, value, ["a number"], then=f'Send {{"{name}": 3}}.')
    return float(value)


def limit(request: Request) -> int:
    """The requested length of a list."""
    text = request.query_params.get("limit", "100")
    if not (_is_whole(text) and len(text) <= 5 and 1 <= int(text) <= 10_000):
        raise OptionError("limit", text, ["a whole number from 1 to 10000"])
    return int(text)


def one_of(request: Request, name: str, valid: Iterable[str], *, then: str = "") -> str | None:
    """A parameter that picks what is listed, or None where it is not given; what nothing can have is an error.

    Where there are many, the message names the nearest.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    known = list(dict.fromkeys(valid))
    if text not in known:
        near = known if len(known) <= MOST_LISTED else nearest(text, known, least=0.4)
        raise OptionError(name, text, near, then=then)
    return text


def whole(text: str, name: str) -> int:
    """A whole number in a query."""
    if not (_is_whole(text) and len(text) <= MOST_DIGITS):
        raise OptionError(name, text, [f"a whole number from 0 to {10**MOST_DIGITS - 1}"])
    return int(text)


def number_in_path(request: Request, name: str, what: str) -> int:
    """The number in a path.

    Raises:
        NotThere: it is not a possible number.
    """
    text = str(request.path_params[name])
    if not (_is_whole(text) and len(text) <= MOST_DIGITS):
        raise NotThere(what, text, then=f"It is a whole number from 0 to {10**MOST_DIGITS - 1}.")
    return int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def flag(request: Request, name: str) -> bool:
    """A boolean of the query; false by default."""
    return choice(request, name, ("false", "true")) == "true"


def any_name(request: Request, name: str) -> str | None:
    """A name that a request may have created; None where none is given."""
    text = request.query_params.get(name)
    if text == "":
        raise OptionError(name, text, then="Give it a value, or leave it out.")
    return text


def choice(request: Request, name: str, valid: tuple[str, ...]) -> str:
    """One of some words in a query; the first by default."""
    word = request.query_params.get(name, valid[0])
    if word not in valid:
        raise OptionError(name, word, valid)
    return word


class NotThere(OptionError):
    """Nothing of that name is on the mock server (any more); answered with 404."""


def job(simulator: Simulator, request: Request) -> tuple[Provider, Job]:
    """The job that the path names.

    Raises:
        NotThere: there is none.
    """
    provider, name = simulator.provider(request.path_params["provider"]), request.path_params["id"]
    found = provider.jobs.get(name)
    if found is None:
        raise NotThere(f"job of {provider.name}", name, then="The list of jobs has those that there are.")
    return provider, found


def delivery(simulator: Simulator, request: Request) -> tuple[Provider, Delivery]:
    """The delivery that the path names.

    Raises:
        NotThere: there is none.
    """
    provider, name = simulator.provider(request.path_params["provider"]), request.path_params["id"]
    found = provider.deliveries.get(name)
    if found is None:
        raise NotThere(f"delivery of {provider.name}", name, then="The list of deliveries has those that there are.")
    return provider, found


def text(body: Mapping[str, Any], name: str, default: str) -> str:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise OptionError(name, value, ["a text"])
    return value


def check_names(body: Mapping[str, Any], names: Iterable[str]) -> None:
    """Check that a body has no unknown fields."""
    valid = tuple(names)
    unknown = sorted(set(body) - set(valid))
    if unknown:
        raise OptionError("field", ", ".join(unknown), valid, then="" if valid else "This request takes none.")


def providers(simulator: Simulator, request: Request) -> list[Provider]:
    """The provider that the query names, or all of them."""
    name = request.query_params.get("provider")
    return list(simulator.providers.values()) if name is None else [simulator.provider(name)]
