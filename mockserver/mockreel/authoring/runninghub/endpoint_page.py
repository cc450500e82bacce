"""Read RunningHub's page of one endpoint, and compare it with the registry."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from mockreel.authoring.documented_model import ModelPage, PageError

_PATH = re.compile(r"^(?P<title>\S[^\n]*)\n+POST\n(?P<path>/\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """The page of an endpoint: its name, its path, an example body and a sample response."""

    title: str
    path: str
    body: Mapping[str, Any]
    response: Mapping[str, Any]


def read_endpoint_page(text: str, page: str) -> EndpointPage:
    """Parse the text of a page.

    Raises:
        PageError: the path, the example or the sample is not found.
    """
    found = _PATH.search(text)
    if found is None:
        raise PageError(page, "no endpoint", expected="a name, then a line POST, then a line with the path")
    rest = text[found.end() :]
    return EndpointPage(
        found["title"].strip(), found["path"], _json_after("Example", rest, page), _json_after("Examples", rest, page)
    )


def confirm(page: EndpointPage, models: Mapping[str, ModelPage], template: str, name: str) -> str:
    """The endpoint of the page; its schema accepts the page's example.

    Raises:
        PageError: the registry lacks the endpoint, has another name for it, or its schema rejects the example.
    """
    before, _, after = template.partition("{model}")
    id_ = page.path.removeprefix(before).removesuffix(after)
    model = models.get(id_)
    if model is None:
        raise PageError(name, f"{page.path!r} is not in the registry", expected=f"a path such as {template}")
    if model.schema.get("title") != page.title:
        raise PageError(name, f"the page's title is {page.title!r}, the registry's {model.schema.get('title')!r}")
    unknown = sorted(set(page.body) - set(model.schema["properties"]))
    if unknown:
        raise PageError(f"{name} Example", f"the registry does not have {', '.join(unknown)}")
    for problem in jsonschema_rs.iter_errors(dict(model.schema), dict(page.body)):
        pointer = "/".join(str(part) for part in problem.instance_path)
        raise PageError(f"{name} Example /{pointer}", f"the registry's schema rejects it ({problem.message})")
    return id_


def _json_after(label: str, text: str, page: str) -> Mapping[str, Any]:
    """The JSON object below a line that holds only `label`."""
    found = re.search(rf"^{label}\n(?=\{{)", text, re.MULTILINE)
    if found is None:
        raise PageError(page, f"no JSON below a line {label!r}")
    try:
        value, _ = json.JSONDecoder().raw_decode(text, found.end())
    except json.JSONDecodeError as problem:
        raise PageError(f"{page} {label}", f"not readable as JSON ({problem})") from problem
    if not isinstance(value, dict):
        raise PageError(f"{page} {label}", "no JSON object")
    return value
