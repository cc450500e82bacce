"""Saboteurs that take what they must refuse, or refuse what they must take."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, altering, good, operation_id

from mockreel.contract import Contract
from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.contract.schemas import Schemas
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider


def _schemas(rewrite: Callable[[Any], Any]) -> Callable[[Contract], Contract]:
    """The contract with every model's schema rewritten after it was read as ever."""

    def change(contract: Contract) -> Contract:
        return replace(contract, schemas=_Twisted(contract.schemas, rewrite))

    return change


class _Twisted(Schemas):
    """Schemas that are changed as they are read."""

    def __init__(self, honest: Schemas, rewrite: Callable[[Any], Any]) -> None:
        vars(self).update(vars(honest))
        self._twist = rewrite
        self._documents, self._validators = {}, {}

    def _read(self, name: str) -> Any:
        found = super()._read(name)
        return self._twist(found) if name.startswith("models/") else found


def _fields(rewrite: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Rewrite each field of a model's schema, and what it allows in several ways."""

    def field(one: Any) -> Any:
        if isinstance(one, dict) and "anyOf" in one:
            one = {**one, "anyOf": [rewrite(branch) for branch in one["anyOf"]]}
        return rewrite(one)

    return lambda document: {
        **document,
        "properties": {name: field(one) for name, one in document.get("properties", {}).items()},
    }


def _without(*words: str) -> Callable[[Any], Any]:
    return lambda field: {key: value for key, value in field.items() if key not in words}


def _one_option_less(field: Any) -> Any:
    return {**field, "enum": field["enum"][:-1]} if len(field.get("enum", ())) > 1 else field


def _shorter(field: Any) -> Any:
    return {**field, "maxLength": field["maxLength"] - 1} if "maxLength" in field else field


def _forgiving(operation: str, row_status: int, body: Any) -> Callable[[], Answering]:
    """What is refused is taken after all."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            refused = isinstance(response, Response) and (
                response.status == row_status or b'"errorCode":"10' in response.body
            )
            return (
                good(provider, request, body) if refused and operation_id(provider, request) == operation else response
            )

        return answer

    return make


def _careless_limit() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        return provider.answer(replace(request, query=b"") if b"limit=" in request.query else request)

    return answer


def _fragile() -> Answering:
    """Breaks where a text holds anything but ASCII."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) == "set_run_feedback" and not _ascii(request.body):
            return json_response(500, {"code": "INTERNAL_ERROR", "message": "Internal server error.", "errors": None})
        return provider.answer(request)

    return answer


def _ascii(body: bytes) -> bool:
    try:
        return str(orjson.loads(body)).isascii()
    except orjson.JSONDecodeError:
        return True


_GENERATION = {"model": "google/veo-3.1-lite-generate-001", "prompt": "a kite"}
_RUN = {"nodeInfoList": [{"nodeId": "9", "fieldName": "prompt", "fieldValue": "a kite"}]}


def _any_model(response: Response, request: Request) -> Response:
    if b"no-such-model" in request.body and response.status == 400:
        return json_response(200, {"id": "XXLhM-WwM1UXTVnR5w9EV", "status": "queued"})
    return response


GALLERY = (
    Saboteur("any-option", "A value that is no option is taken.", "runflow", _schemas(_fields(_without("enum")))),
    Saboteur(
        "any-number",
        "A number beyond its bounds is taken.",
        "runninghub",
        _schemas(_fields(_without("minimum", "maximum"))),
        thorough=True,
    ),
    Saboteur(
        "any-length",
        "A text of any length is taken.",
        "runninghub",
        _schemas(_fields(_without("maxLength", "minLength"))),
        thorough=True,
    ),
    Saboteur(
        "nothing-is-required",
        "A body without a required field is taken.",
        "aimlapi",
        _schemas(_without("required")),
        thorough=True,
    ),
    Saboteur("refuses-an-option", "A documented option is refused.", "runninghub", _schemas(_fields(_one_option_less))),
    Saboteur(
        "off-by-one", "A text of the longest allowed length is refused.", "runninghub", _schemas(_fields(_shorter))
    ),
    Saboteur(
        "takes-half-json",
        "Half a JSON object is taken for a whole one.",
        "aimlapi",
        answering=_forgiving("submit_generation", 400, _GENERATION),
    ),
    Saboteur(
        "any-model",
        "A model that does not exist is taken.",
        "aimlapi",
        answering=altering("submit_generation", change=_any_model),
    ),
    Saboteur("any-limit", "A page size beyond its bounds is taken.", "runflow", answering=_careless_limit),
    Saboteur(
        "ascii-only",
        "A text that is not ASCII breaks the server.",
        "runflow",
        answering=_fragile,
        generated=frozenset({"create_run", "set_run_feedback", "get_run"}),
    ),
    Saboteur(
        "says-200-to-anything",
        "Where a no has the status 200 too, a broken body is taken.",
        "runninghub",
        answering=_forgiving("run_app", 0, _RUN),
        generated=frozenset({"run_app"}),
    ),
)
