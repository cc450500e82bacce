"""A file that was uploaded is kept: what is told of it is true, and it comes back as it was sent."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.error_responses import row_problem
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped

# The smallest picture that is whole, and what it is called.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NAME, TYPE, BOUNDARY = "mockreel-check.png", "image/png", "mockreel-check"
# Another file of the same kind: bytes after the end of a picture are no part of it.
OTHER = PICTURE + b"mockreel"


def _given(data: bytes) -> dict[str, Any]:
    """The variables of an upload's steps."""
    return {"$name": NAME, "$type": TYPE, "$size": len(data)}


def _form(fields: Mapping[str, str], data: bytes) -> bytes:
    """A file as a form with further fields."""
    parts = [f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{one}"\r\n\r\n{fields[one]}\r\n' for one in fields]
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="{NAME}"\r\n'
    return "".join([*parts, head, f"content-type: {TYPE}\r\n\r\n"]).encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def _fill(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(one, variables) for name, one in value.items()}
    return variables.get(value, value) if isinstance(value, str) else value


def _request(
    context: CheckContext, step: Mapping[str, Any], variables: Mapping[str, Any], data: bytes = PICTURE
) -> SentRequest:
    if "put" in step:
        target = urlsplit(str(_fill(step["put"], variables)))
        if target.netloc and target.netloc != urlsplit(context.target.base_url).netloc:
            raise Skipped(f"the file would be sent to another server, {target.netloc}")
        return SentRequest("PUT", target.path, target.query, {"content-type": TYPE}, data)
    operation = context.contract.operation(step["operation"])
    request = context.requests.good(operation, params=_fill(step.get("params", {}), variables))
    if "form" in step:
        headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        return replace(request, headers=headers, body=_form(step["form"], data))
    return request.with_json(_fill(step["body"], variables))


def _upload(
    context: CheckContext, row: Places, data: bytes = PICTURE, announced: bytes | None = None
) -> tuple[SentRequest, ReceivedResponse, ReceivedResponse] | None:
    """The last step of an upload with its response, and the first response; None where it could not be made."""
    variables, last, first = _given(data if announced is None else announced), None, None
    for step in row.given["steps"]:
        request = _request(context, step, variables, data)
        response = context.try_send(request)
        if response is None or context.excused(response, request.operation):
            return None
        variables |= {f"${name}": pointers.value(response.json, place) for name, place in step.get("keep", {}).items()}
        first = first or response
        last = request, response, first
        if response.status >= 400 or (request.operation is not None and context.error_detector.refused(response)):
            break
    return last


@check(
    "upload.kept", "A file that was uploaded is kept: what is told of it is true, and it comes back as it was sent.",
    level="jobs", known=lambda context: bool(context.contract.conversation.uploads),
)  # fmt: skip
def is_kept(context: CheckContext) -> Iterator[Problem]:
    for name, row in context.contract.conversation.uploads.items():
        found = _upload(context, row)
        if found is None:
            continue
        request, response, first = found
        context.judged()
        fact = context.facts.fact("what is uploaded is kept", f"conversation.yaml uploads {name}", row.evidence)
        for expected, actual in _wrong(context, row, response, first):
            yield Problem(fact, expected, actual[:300], request, request.operation.id if request.operation else name)
        for expected, actual in _as_another(context, row, response):
            yield Problem(fact, expected, actual[:300], request, request.operation.id if request.operation else name)
        for read, expected, actual in _life(context, row, request, response) if "read" in row.given else ():
            yield Problem(fact, expected, actual[:300], read, read.operation.id if read.operation else name)


def _as_another(context: CheckContext, row: Places, before: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """Whether a second file of the same name, with other bytes, comes back as the first one, or the first as it.

    Where what is told is `seen` at the file, the second is announced as the first was: a server may refuse that.
    """
    seen = row.given.get("seen", ())
    found = _upload(context, row, OTHER, PICTURE) if row.at and seen else None
    if found is None or _is_refused(context, found[1]):
        seen, found = (), _upload(context, row, OTHER) if row.at else None
    if found is None or _is_refused(context, found[1]):
        return
    for place in row.at:
        for reply, data in ((found[1], OTHER), (before, PICTURE)):
            url = pointers.value(reply.json, place)
            file = context.fetch(str(url), anew=True) if isinstance(url, str) and url.startswith("http") else None
            if file is not None and file.status < 400 and file.body != data:
                yield f"the file at {place} that was sent for it", f"{len(file.body)} other bytes at {url}"
    for place in seen:
        shown, expected = pointers.value(found[1].json, place), str(_fill(row.given["says"][place], _given(OTHER)))
        if str(shown) != expected:
            yield f"{expected} at {place}, of the file that was sent", f"{shown!r}"


def _is_refused(context: CheckContext, response: ReceivedResponse) -> bool:
    return response.status >= 400 or context.error_detector.refused(response)


def _life(
    context: CheckContext, row: Places, request: SentRequest, response: ReceivedResponse
) -> Iterator[tuple[SentRequest, str, str]]:
    """What an upload says of itself when it is read alone, and that it is gone once it was removed."""
    place, steps = str(row.given["id"]), []
    for name in ("read", "remove", "read"):
        operation = context.contract.operation(str(row.given[name]))
        named = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
        id_ = str(pointers.value(response.json, place))
        steps.append(context.requests.good(operation, params=dict.fromkeys(named, id_)))
    if "other" in context.target.keys.of:
        strange = replace(steps[0], who="other")
        reply = context.try_send(strange)
        if reply is not None and not context.error_detector.refused(reply):
            yield strange, "a refusal, as it is another account's", reply.shown()
    before, removed, after = (context.try_send(step) for step in steps)
    if before is not None and not context.excused(before, steps[0].operation):
        for one in row.given.get("says", {}):
            shown, said = pointers.value(before.json, one), pointers.value(response.json, one)
            if shown != said:
                yield steps[0], f"{said!r} at {one}", f"{shown!r}"
    refused = [one is None or context.error_detector.refused(one) for one in (removed, after)]
    if after is not None and refused == [False, False]:
        yield steps[2], "a refusal, as it was removed", after.shown()


def _wrong(
    context: CheckContext, row: Places, response: ReceivedResponse, first: ReceivedResponse
) -> Iterator[tuple[str, str]]:
    """What should be otherwise about an upload, and what is."""
    if response.status >= 400 or context.error_detector.refused(response):
        yield "an upload that is taken", response.shown()
        return
    stated = [(response, *one) for one in row.given.get("says", {}).items()]
    stated += [(first, *one) for one in row.given.get("first", {}).items()]
    for reply, place, pattern in stated:
        shown = pointers.value(reply.json, place)
        expected = str(_fill(pattern, _given(PICTURE)))
        if not re.fullmatch(expected, str(shown)):
            yield f"{expected} at {place}", f"{shown!r}"
    for place in row.at:
        url = pointers.value(response.json, place)
        file = context.fetch(str(url), anew=True) if isinstance(url, str) and url.startswith("http") else None
        if file is None or file.body != PICTURE:
            yield f"the file at {place}", file.shown() if file else f"{url!r}"


@check(
    "upload.unsent", "An upload of which nothing has come is not taken for one.", level="jobs",
    known=lambda context: any("unsent" in row.given for row in context.contract.conversation.uploads.values()),
)  # fmt: skip
def is_not_taken_unsent(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.uploads.values():
        if "unsent" in row.given:
            first, last = row.given["steps"][0], row.given["steps"][-1]
            given = {**_given(PICTURE), "$name": f"unsent-{NAME}"}
            announced = context.try_send(_request(context, first, given))
            if announced is None or context.excused(announced, context.contract.operation(first["operation"])):
                continue
            kept = {f"${name}": pointers.value(announced.json, place) for name, place in first["keep"].items()}
            request = _request(context, last, {**given, **kept})
            yield from row_problem(context, request, str(row.given["unsent"]), "asked before anything was sent")


CHECKS: tuple[Check, ...] = (is_kept, is_not_taken_unsent)
