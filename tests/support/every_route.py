"""Every request that can read or change what a simulator has: of the control API, the page and the providers.

All of them come from data: the control API's own document, the table of the page's views, the contracts. A new route is
in it by itself; a value that no data states (the id of a job) is taken from the simulator.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from mockreel.contract import Operation
from mockreel.contract.conversation.demo_jobs import filled, read_script
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request, Response
from mockreel.server.admin.control_document import document
from mockreel.server.admin.control_routes import Control
from mockreel.server.dashboard.page_window import Filter
from mockreel.server.dashboard.site import VIEWS, Site
from mockreel.server.metrics.metrics import Metrics
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import take

HEADERS = [(b"authorization", b"Bearer bench"), (b"content-type", b"application/json")]
# These drop what the others look at, so they come last; and nothing is kept to look back at.
LAST = ("/restore", "/reset")
LOOKS_BACK = "/at/"
# A body comes in pieces of so many bytes.
PIECE = 65_536
# The status, and the pieces of the body: to join them would be counted as the server's work.
Send = Callable[[], Awaitable[tuple[int, list[bytes]]]]


@dataclass(frozen=True)
class Ask:
    """One request, by what it is called in a report."""

    title: str
    send: Send


def asks(simulator: Simulator, *, most: int = 10_000) -> Iterator[Ask]:
    """Every request, as the simulator is when it is reached; those that drop everything come last.

    Args:
        most: the longest list that is asked for, as far as an operation allows it.
    """
    for provider in simulator.providers.values():
        yield from _of_provider(provider, most)
    yield from _of_pages(simulator)
    yield Ask("metrics", lambda: _response(Metrics(simulator).response()))
    control = Control(simulator).app()
    rows = [
        (method.upper(), path, {**item[method], "shared": item.get("parameters", ())})
        for path, item in document()["paths"].items()
        for method in item
        if method in ("get", "post", "delete") and not path.startswith(LOOKS_BACK)
    ]
    for method, path, operation in sorted(rows, key=lambda row: LAST.index(row[1]) if row[1] in LAST else -1):
        yield from _of_control(simulator, control, (method, path, operation), most)


# The control API


def _of_control(simulator: Simulator, app: Any, row: tuple[str, str, Mapping[str, Any]], most: int) -> Iterator[Ask]:
    method, path, operation = row
    known = {**_known(simulator, about=path.split("/")[1]), "limit": str(most)}
    place = filled_path(path, known)
    bodies = [orjson.dumps(take(simulator))] if path == "/restore" else _bodies(operation, known)
    yield from (Ask(f"{method} {path}", _asgi(app, method, place, "", body)) for body in bodies)
    for parameter in operation.get("parameters", ()):
        declared = _resolved(parameter)
        if declared["in"] == "query":
            for value in _values(declared, known):
                query = urlencode({declared["name"]: value})
                yield Ask(f"{method} {path}?{query}", _asgi(app, method, place, query, None))


def _known(simulator: Simulator, *, about: str) -> dict[str, Any]:
    """What exists: values for parameters and fields by their names."""
    provider = next(iter(simulator.providers.values()))
    newest = next(reversed(provider.jobs), None)
    deliveries = [*provider.deliveries]
    job = newest.id if newest else "none"
    reading = next(iter(provider.contract.readings.values()))
    return {
        "provider": provider.name,
        "job": job,
        "id": deliveries[-1].id if about == "deliveries" and deliveries else job,
        "number": str(simulator.journal.count),
        "account": newest.account.name if newest else "none",
        "balance": "5",
        "model": newest.model.id if newest and newest.model else "none",
        "after": str(simulator.journal.count // 2) if about == "journal" else f"{provider.name}/{job}",
        "status": "418" if about == "journal" else "failed",
        "state": "failed",
        "path": "/v1/*",
        "method": "PUT",
        "operation": provider.contract.operations[0].id,
        "refusal": next(iter(provider.contract.errors)),
        "reading": f"{reading.id}={reading.default}",
        "option": reading.default,
        "speed": 1,
        "seconds": 1,
    }


def _bodies(operation: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Any]:
    """Nothing, or every example of the document; or each required field as it exists."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        yield None
        return
    examples = [one["value"] for one in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    if not examples:
        fields = _resolved(content["schema"]).get("required", ())
        reading = str(known["reading"]).partition("=")[0]
        examples = [{name: reading if name == "id" else known.get(name, "none") for name in fields}]
    yield from examples
    if "order" in str(content):  # claims: what nothing meets is looked for everywhere
        yield {"body": {"input": {"prompt": "nobody"}}}
        yield {"at_most": 1}


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        found: Any = document()
        for step in node["$ref"].split("/")[1:]:
            found = found[step]
        node = found
    return node


def _values(parameter: Mapping[str, Any], known: Mapping[str, Any]) -> list[Any]:
    schema = _resolved(parameter.get("schema", {}))
    return list(schema.get("enum") or schema.get("examples") or [known[parameter["name"]]])


def filled_path(path: str, known: Mapping[str, Any]) -> str:
    """A path with a value for each parameter."""
    for name in [step[1:-1].partition(":")[0] for step in path.split("/") if step.startswith("{")]:
        kind = next(step for step in path.split("/") if step[1:].startswith(name) and step.startswith("{"))
        value = str(known[name])
        path = path.replace(kind, quote(value if "rules" not in path else "1", safe="/"))
    return f"/_mockreel{path}" if path != "/" else "/_mockreel/"


# The page


def _of_pages(simulator: Simulator) -> Iterator[Ask]:
    site = Site(simulator)
    site.compile()  # as the first request has it done, in a thread
    app = site.app()
    for path in VIEWS:
        known = _known(simulator, about=path.split("/")[1])
        place = filled_path(f"/page{path}", {**known, "number": simulator.journal.count})
        yield Ask(f"page {path}", _asgi(app, "GET", place, "", None))
        yield Ask(f"page {path}?live", _asgi(app, "GET", place, "live", None))
        for name in Filter.__dataclass_fields__:
            value = {"page": "50", "text": "nobody", "state": "failed"}.get(name, known.get(name, "x"))
            yield Ask(f"page {path}?{name}", _asgi(app, "GET", place, urlencode({name: value}), None))


# The providers


def _of_provider(provider: Provider, most: int) -> Iterator[Ask]:
    """Every operation that only reads, as its example is, with each value of each query parameter; and every poll."""
    contract = provider.contract
    build = Requests(contract)
    newest = next(reversed(provider.jobs), None)
    job = newest.id if newest else "none"
    for operation in contract.operations:
        if operation.method == "GET" or operation.id in contract.conversation.reads:
            good = build.good(operation, params=_params(operation, job))
            yield _ask(provider, operation.id, good, "")
            for query in (*_queries(operation, most), *_filters(provider, operation)):
                yield _ask(provider, operation.id, good, query)
    for act in read_script(provider.name).acts:
        if act.poll is not None:
            path, _, query = filled(act.poll.path, {"id": job}).partition("?")
            body = b"" if act.poll.body is None else orjson.dumps(filled(act.poll.body, {"id": job}))
            request = Request(act.poll.method, path, HEADERS, query.encode(), body, "http://bench")
            yield Ask(f"{provider.name} poll {act.poll.path}", _answered(provider, request))


def _params(operation: Operation, job: str) -> dict[str, str]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    return {name: job for name in names if name not in operation.many}


def _queries(operation: Operation, most: int) -> Iterator[str]:
    for parameter in operation.query:
        schema = parameter.schema
        if schema.get("type") == "integer" and "maximum" in schema:
            yield urlencode({parameter.name: min(most, schema["maximum"])})
            continue
        values = schema.get("enum") or schema.get("items", {}).get("enum") or schema.get("examples")
        values = values or [schema.get("maximum", schema.get("default", schema.get("example", "nobody")))]
        for value in values:
            yield urlencode({parameter.name: min(most, value) if type(value) is int else value})


def _filters(provider: Provider, operation: Operation) -> Iterator[str]:
    """Each filter of a list, with the state of a job and with what nothing has; and each bound of its moments."""
    paged = provider.contract.conversation.lists.get(operation.id)
    if paged is None:
        return
    states = [state.word for state in provider.contract.lifecycle.states.values() if state.kind == "failed"]
    for one in paged.filters.values():
        yield from (urlencode({one["name"]: one["form"].format(value=value)}) for value in (*states[:1], "nobody"))
    for bound in paged.range.values():
        name, form = (bound, "{value}") if isinstance(bound, str) else (bound["name"], bound["form"])
        yield urlencode({name: form.format(value="2020-01-01T00:00:00Z")})


def _ask(provider: Provider, name: str, good: SentRequest, query: str) -> Ask:
    whole = "&".join(part for part in (good.query, query) if part)
    body = good.body
    request = Request(good.method, good.path, HEADERS, whole.encode(), body, "http://bench")
    return Ask(f"{provider.name} {name}{'?' if query else ''}{query}", _answered(provider, request))


def _answered(provider: Provider, request: Request) -> Send:
    async def send() -> tuple[int, list[bytes]]:
        answer = provider.answer(request)
        response = answer if isinstance(answer, Response) else await answer
        return response.status, [response.body]

    return send


async def _response(found: Awaitable[Response]) -> tuple[int, list[bytes]]:
    response = await found
    return response.status, [response.body]


def _asgi(app: Any, method: str, path: str, query: str, body: Any) -> Send:
    """A request to an application; a stream is left after its first piece."""

    async def send() -> tuple[int, list[bytes]]:
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        scope |= {"root_path": "", "query_string": query.encode(), "headers": [(b"host", b"127.0.0.1"), *HEADERS[1:]]}
        scope |= {"asgi": {"spec_version": "2.3"}}
        pieces: list[bytes] = []
        status = 0
        over = asyncio.Event()
        places = iter(range(0, max(1, len(content)), PIECE))

        async def receive() -> Any:
            place = next(places, None)
            if place is None:
                await over.wait()
                return {"type": "http.disconnect"}
            await asyncio.sleep(0)  # as each comes by itself
            more = place + PIECE < len(content)
            return {"type": "http.request", "body": content[place : place + PIECE], "more_body": more}

        async def put(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            pieces.append(message.get("body", b""))
            if query == "live" and message.get("body"):
                over.set()

        await app(scope, receive, put)
        return status, pieces

    return send
