"""Unauthorized and malformed requests get the provider's own error responses."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import ErrorRow, Evidence, Model, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest, Who
from mockreel.contract.exchanges.problem import Problem

# The caller is checked before the balance.
_CLOSED_DOORS = ("no-key", "wrong-key", "forbidden", "unknown-path", "wrong-method")
# Fields that describe the error.
_VIOLATIONS = ("invalid-body", "invalid-query")
_NOWHERE = "/mockreel/no-such-path"
# The refusals of so many models of an operation are looked into.
FEW_MODELS = 2


def row_problem(
    context: CheckContext, request: SentRequest, row: str, why: str, *, patient: bool = True
) -> Iterator[Problem]:
    """Send a request, and report where the response differs from this error row."""
    response = context.try_send(request) if patient else context.try_once(request)
    if response is None:
        return
    known = context.contract.errors[row]
    if not context.error_detector.is_row(response, known, request.operation, path=request.path):
        if row not in _CLOSED_DOORS and patient and context.excused(response, request.operation):
            return
        status, code = context.error_detector.expected(known, request.operation, path=request.path)
        expected = f"{status} with the code {code}" if context.contract.conversation.codes else f"status {status}"
        yield Problem(context.facts.row(row), f"{why}: {expected}", response.shown(), request, _subject(request))
    elif (row not in _VIOLATIONS or "{" not in known.message) and (
        text := context.error_detector.missing_text(response, known, request.operation, path=request.path)
    ):
        fact = context.facts.row(row)
        if not context.own:  # a program should read the code; what people read may have been worded anew
            fact = replace(fact, evidence=Evidence("inferred", fact.evidence.source))
        yield Problem(fact, f"{why}: the text {text!r}", response.shown(), request, _subject(request))
    context.judged()


def _subject(request: SentRequest) -> str:
    return request.operation.id if request.operation else f"{request.method} {request.path}"


def _locked(context: CheckContext) -> Iterator[Operation]:
    """The operations that need a key."""
    return (operation for operation in context.contract.operations if operation.key)


def _by(context: CheckContext, who: Who, row: str, why: str) -> Iterator[Problem]:
    for operation in _locked(context):
        request = replace(context.requests.good(operation), who=who)
        yield from row_problem(context, request, row, why)


@check("refusal.no-key", "Without a key every operation that needs one says so.", level="reads")
def no_key(context: CheckContext) -> Iterator[Problem]:
    yield from _by(context, "nobody", "no-key", "asked without a key")


@check("refusal.wrong-key", "A key that nobody has is refused everywhere.", level="reads")
def wrong_key(context: CheckContext) -> Iterator[Problem]:
    yield from _by(context, "invalid", "wrong-key", "asked with a key that nobody has")


def _has_admins(context: CheckContext) -> bool:
    return any(operation.admin for operation in context.contract.operations)


@check("refusal.admin", "What only an admin may do is refused to others.", level="breaking", known=_has_admins)
def not_an_admin(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        if operation.admin:
            request = context.requests.good(operation)
            yield from row_problem(context, request, "forbidden", "asked by somebody who is no admin")


@check("refusal.unknown-path", "A path that does not exist is answered as one.", level="reads")
def unknown_path(context: CheckContext) -> Iterator[Problem]:
    for path in dict.fromkeys((_NOWHERE, *_in_other_dialects(context))):
        yield from row_problem(context, SentRequest("GET", path), "unknown-path", "a path that does not exist")


def _in_other_dialects(context: CheckContext) -> Iterator[str]:
    """Paths that do not exist below others that have errors of their own form."""
    for row in context.contract.wire.get("unrouted", []):
        path = str(row["prefix"])
        if path and context.contract.router.find(path) is None:
            yield path


@check("refusal.wrong-method", "A method that a path does not have is answered as one.", level="reads")
def wrong_method(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        place = context.contract.router.find(operation.path.replace("{", "").replace("}", ""))
        if place is not None and "TRACE" not in place.methods:
            request = replace(context.requests.good(operation), method="TRACE", body=b"", operation=None)
            yield from row_problem(context, request, "wrong-method", "asked with a method that the path does not have")
            yield from _allowed(context, request, place.methods)


def _allowed(context: CheckContext, request: SentRequest, methods: Iterable[str]) -> Iterator[Problem]:
    """Whether a 405 names the methods that the path has, as HTTP demands (RFC 9110, 15.5.6)."""
    sent, response = context.log[-1] if context.log else (None, None)
    if sent is not request or response is None or response.status != 405:
        return
    named = {one.strip().upper() for one in response.headers.get("allow", "").split(",")}
    lacking = sorted(set(methods) - named)
    if lacking or request.method in named:
        fact = context.facts.row("wrong-method")
        actual = f"Allow: {response.headers['allow']}" if "allow" in response.headers else "no Allow"
        yield Problem(fact, f"Allow: {', '.join(sorted(methods))}", actual, request, _subject(request))


@check("refusal.unknown-model", "A model that does not exist is refused as one.", level="breaking")
def unknown_model(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        if operation.model is None:
            yield from _unknown_in_path(context, operation)
            continue
        good = context.requests.good(operation)
        if operation.model.kind == "body":
            request = good.with_json({**good.json, operation.model.name: "mockreel/no-such-model"})
        else:
            request = replace(
                good, path=operation.path.replace(f"{{{operation.model.name}}}", "mockreel/no-such-model")
            )
        yield from row_problem(context, request, "unknown-model", "asked for a model that does not exist")


def _unknown_in_path(context: CheckContext, operation: Operation) -> Iterator[Problem]:
    """An operation on a model that stands in the path, with the error that it states for one that does not exist."""
    stated = (name for name in operation.raw["x-mockreel"].get("refusals", ()) if "model" in name)
    row = next(stated, None)
    if operation.many and row is not None and operation.method == "GET":
        request = context.requests.good(operation, params=dict.fromkeys(operation.many, "mockreel/no-such-model"))
        yield from row_problem(context, request, row, "asked for a model that does not exist")


@check("refusal.unknown-job", "A job that does not exist is answered as one.", level="reads")
def unknown_job(context: CheckContext) -> Iterator[Problem]:
    for talk in context.contract.conversation.jobs.values():
        poll = context.contract.operation(talk.poll)
        yield from row_problem(context, context.unknown(poll), "unknown-job", "asked for a job that does not exist")


@check("refusal.malformed", "A body that is no JSON is refused.", level="breaking")
def malformed(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        keyed = not operation.key or any(place.kind == "header" for place in operation.key)
        if operation.body == "json" and operation.body_required and keyed:
            request = replace(context.requests.good(operation), body=b'{"mockreel":', who=_who(operation))
            yield from row_problem(context, request, "malformed-json", "sent half a JSON object")


def _who(operation: Operation) -> Who:
    return "admin" if operation.admin else "own"


def _has_bounds(context: CheckContext) -> bool:
    schemas = [one.schema for operation in context.contract.operations for one in operation.query]
    found = [context.requests.resolver.followed(schema)[0] for schema in schemas]
    return any("minimum" in schema or "maximum" in schema for schema in found)


@check("refusal.query", "A query that breaks the contract is refused.", level="reads", known=_has_bounds)
def wrong_query(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        for parameter in operation.query:
            schema, _ = context.requests.resolver.followed(parameter.schema)
            for word, beyond in (("minimum", -1), ("maximum", 1)):
                if word in schema:
                    good = context.requests.good(operation)
                    request = replace(good, query=f"{parameter.name}={schema[word] + beyond}")
                    yield from row_problem(context, request, "invalid-query", f"{parameter.name} is beyond its {word}")


@check(
    "refusal.played", "A refusal that the target is asked to play looks as the contract says.", level="jobs",
    plays=True,
)  # fmt: skip
def played(context: CheckContext) -> Iterator[Problem]:
    for _, submit in context.submits():
        for scenario in context.contract.scenarios.requests.values():
            if scenario.row in context.contract.errors:
                yield from _provoked_problems(context, submit, f"scenario={scenario.name}", scenario.row)


def _provoked_problems(context: CheckContext, submit: Operation, wish: str, row: str) -> Iterator[Problem]:
    good = context.requests.good(submit)
    if context.request_checker.judge(good).row is not None:  # it takes no model under this reading
        return
    request = replace(good, headers={**good.headers, "prefer": wish})
    yield from row_problem(context, request, row, f"asked to play {wish}", patient=False)


@check(
    "refusal.rows", "Every refusal of the contract looks as its row says.", level="jobs",
    plays=True, known=lambda context: _by_code(context) is not None,
)  # fmt: skip
def every_row(context: CheckContext) -> Iterator[Problem]:
    """At the first operation that documents the status of the row; a row that none documents is not asked for."""
    wish = _by_code(context)
    for row in context.contract.errors.values():
        operation = next((one for one in _places(context, row) if _documents(context, one, row)), None)
        if operation is not None:
            yield from _provoked_problems(context, operation, f"scenario={wish}; code={row.name}", row.name)


def _places(context: CheckContext, row: ErrorRow) -> Iterator[Operation]:
    """The operation for a row: a submit that documents it, any other operation that does, or any submit."""
    submits = [operation for _, operation in context.submits()]
    every = [*submits, *context.contract.operations]
    yield from (one for one in every if row.name in one.raw["x-mockreel"].get("refusals", ()) and one.body != "form")
    yield from submits


def _by_code(context: CheckContext) -> str | None:
    """The scenario for any error response by name."""
    rows = context.contract.scenarios.requests.values()
    return next((one.name for one in rows if one.row not in context.contract.errors), None)


def _documents(context: CheckContext, operation: Operation, row: ErrorRow) -> bool:
    status, code = context.error_detector.expected(row, operation)
    if not context.error_detector.is_error(status, code):
        return False
    return context.response_checker.documented(operation, status) is not None


@check(
    "refusal.blames", "A refusal of a body says what is wrong and where.", level="breaking",
    known=lambda context: context.contract.conversation.blames is not None,
)  # fmt: skip
def says_what_is_wrong(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.blames
    assert row is not None
    for operation in context.contract.operations:
        for model, name, request in _faulty(context, operation):
            response = context.try_send(request)
            if response is None or context.excused(response, operation):
                continue
            if not context.error_detector.refused(response):
                continue
            context.judged()
            places = [value for place in row.at for value in pointers.values(response.json, place) if value]
            if not any(name in _texts(value) for value in places):
                fact = context.facts.fact("a refusal says what is wrong", "conversation.yaml blames", row.evidence)
                expected = f"{name!r} at {' or '.join(row.at)}"
                yield Problem(fact, expected, response.shown(), request, f"{operation.id} {model.id}")
            elif _other_options(row, _options(context, operation, model, name), response):
                fact = context.facts.fact("a refusal names the options", "conversation.yaml blames", row.evidence)
                expected = f"every option of {name} at {row.given['options']}"
                yield Problem(fact, expected, response.shown(), request, f"{operation.id} {model.id}")
            elif not all(_begins(value, row.given.get("prefix")) for value in places):
                fact = context.facts.fact("a refusal says where it is wrong", "conversation.yaml blames", row.evidence)
                expected = f"{row.given['prefix']!r} first at {' or '.join(row.at)}"
                yield Problem(fact, expected, response.shown(), request, f"{operation.id} {model.id}")


def _faulty(context: CheckContext, operation: Operation) -> Iterator[tuple[Model, str, SentRequest]]:
    """Bodies with one fault for a few models of an operation, those of the run first: not every model has a fault."""
    if operation.body != "json" or operation.model is None:
        return
    drawn = [model for model in context.model_selection.at(operation) if model is not None]
    others = {model.id: model for model in context.contract.names_at[operation.id].values() if context.wants(model)}
    found = 0
    for model in {**{one.id: one for one in drawn}, **others}.values():
        faults = list(_with_one_fault(context, operation, model))
        yield from ((model, name, request) for name, request in faults)
        found += bool(faults)
        if found == FEW_MODELS:
            return


def _with_one_fault(context: CheckContext, operation: Operation, model: Model) -> Iterator[tuple[str, SentRequest]]:
    """Bodies that lack one required field, or have one that is no option, each with the name of that field."""
    schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
    kinds = set()
    for variant in context.requests.samples.forbidden(schema, base):
        if variant.kind in ("is missing", "is no option") and variant.kind not in kinds:
            request = context.requests.with_input(operation, model, variant.value)
            if len(context.request_checker.judge(request).violations) == 1:
                kinds.add(variant.kind)
                yield variant.what.removesuffix(variant.kind).strip(), request


def _options(context: CheckContext, operation: Operation, model: Model, name: str) -> set[str]:
    """The options of a field of a model's input; none where it has no options."""
    schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
    field, _ = context.requests.resolver.followed(schema.get("properties", {}).get(name, {}), base)
    return {*map(str, field.get("enum", ()))}


def _other_options(row: Places, options: set[str], response: ReceivedResponse) -> bool:
    """Whether a refusal names options of a field, and others than it has."""
    shown = pointers.value(response.json, str(row.given["options"])) if "options" in row.given else None
    return isinstance(shown, list) and bool(options) and {*map(str, shown)} != options


def _begins(value: object, prefix: object) -> bool:
    """Whether a place has the prefix of the contract, if there is one."""
    return prefix is None or (isinstance(value, list) and value[:1] == [prefix])


def _texts(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


@check(
    "reply.traced", "What a client calls its request by comes back.", level="reads",
    known=lambda context: context.contract.conversation.traced is not None,
)  # fmt: skip
def comes_back(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.traced
    assert row is not None
    name = row.at[0]
    for talk in context.contract.conversation.jobs.values():
        unknown, usual = context.unknown(context.contract.operation(talk.poll)), None
        for value in _traceable(row):
            request = replace(unknown, headers={**unknown.headers, name: value})
            response = context.answer(request, request.operation)
            if response is None:
                continue
            usual = usual or response
            if response.headers.get(name.lower()) != value:
                fact = context.facts.fact(f"{name} comes back", "conversation.yaml traced", row.evidence)
                actual = response.headers.get(name.lower(), "no such header")
                yield Problem(fact, f"{name}: {value}", actual, request, talk.poll)
        if usual is not None:
            yield from _ignored(context, row, unknown, usual)


def _traceable(row: Places) -> list[str]:
    """What a request may be called: a word, and the longest one, where the contract says how long that is."""
    value = str(row.given["value"])
    return [value, *([_as_long(value, row.given["longest"])] if "longest" in row.given else [])]


def _as_long(value: str, length: int) -> str:
    """A word of so many of a value's characters."""
    return (value * length)[:length]


def _ignored(context: CheckContext, row: Places, unknown: SentRequest, usual: ReceivedResponse) -> Iterator[Problem]:
    """A word that is not of the form, or too long, is as good as none, where the contract says so."""
    if "ignored" not in row.given:
        return
    name = row.at[0]
    too_long = [_as_long(str(row.given["value"]), row.given["longest"] + 1)] if "longest" in row.given else []
    for value in (str(row.given["ignored"]), *too_long):
        request = replace(unknown, headers={**unknown.headers, name: value})
        response = context.answer(request, request.operation)
        if response is not None and (response.status != usual.status or name.lower() in response.headers):
            fact = context.facts.fact(f"{name} of another form is ignored", "conversation.yaml traced", row.evidence)
            actual = f"{response.status}, {name}: {response.headers.get(name.lower(), 'none')}"
            yield Problem(fact, f"{usual.status} without {name}", actual, request, _subject(request))


CHECKS: tuple[Check, ...] = (
    no_key,
    wrong_key,
    not_an_admin,
    unknown_path,
    wrong_method,
    unknown_model,
    unknown_job,
    malformed,
    wrong_query,
    says_what_is_wrong,
    comes_back,
    played,
    every_row,
)
