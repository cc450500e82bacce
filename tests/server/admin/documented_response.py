"""Checks responses of the control API against its own document."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx2
import jsonschema_rs

from mockreel.server.admin.control_document import document

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path template and operation of everything that is described."""
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def operation_of(method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
    """The path template and operation that a request meets; literal paths before others, longer ones first."""
    found = [
        (template, operation)
        for own, template, operation in operations()
        if own == method and re.fullmatch(_pattern(template), path)
    ]
    return min(found, key=lambda one: (one[0].count("{"), -len(one[0])), default=None)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))


def wrong(answer: httpx2.Response) -> list[str]:
    """What of a response of the control API its document does not allow."""
    path = answer.request.url.path.removeprefix("/_mockreel")
    found = operation_of(answer.request.method, path)
    if found is None:
        return [] if answer.status_code in (403, 404, 405) else [f"{answer.request.method} {path} is not described"]
    template, operation = found
    described = operation["responses"].get(str(answer.status_code))
    if described is None:
        return [f"{operation['operationId']} is not described to answer {answer.status_code}: {answer.text[:300]}"]
    while "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    (kind, content), *_ = described["content"].items()
    if answer.headers["content-type"] != kind:
        return [f"{operation['operationId']}: {answer.headers['content-type']}, not {kind}"]
    problems = _validator(template, answer.request.method, str(answer.status_code)).iter_errors(answer.json())
    assert content["schema"]
    return [f"{operation['operationId']}: {one.message[:300]} at {list(one.instance_path)}" for one in problems]


@cache
def _validator(template: str, method: str, status: str) -> jsonschema_rs.Draft202012Validator:
    described = document()["paths"][template][method.lower()]["responses"][status]
    while "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    (content,) = described["content"].values()
    return jsonschema_rs.Draft202012Validator({**content["schema"], "components": document()["components"]})
