"""Who may not, and what cannot be understood, is told so in the provider's own words."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract import ErrorRow, Model, Operation
from mockreel.contract.exchanges.exchange import Ask, Who, found
from mockreel.contract.exchanges.problem import Problem

# Who asks is looked at before how much is left.
_CLOSED_DOORS = ("no-key", "wrong-key", "forbidden", "unknown-path", "wrong-method")
# What they say is what is wrong, in one place or another.
_VIOLATIONS = ("invalid-body", "invalid-query")
_NOWHERE = "/mockreel/no-such-path"


def row_problem(scene: Scene, ask: Ask, row: str, why: str, *, patient: bool = True) -> Iterator[Problem]:
    """Ask, and tell where the reply is not this error row."""
    told = scene.try_send(ask) if patient else scene.try_once(ask)
    if told is None:
        return
    known = scene.contract.errors[row]
    if not scene.refusals.is_row(told, known, ask.operation, path=ask.path):
        if row not in _CLOSED_DOORS and patient and scene.excused(told, ask.operation):
            return
        status, code = scene.refusals.expected(known, ask.operation, path=ask.path)
        expected = f"{status} with the code {code}" if scene.contract.conversation.codes else f"status {status}"
        yield Problem(scene.facts.row(row), f"{why}: {expected}", told.shown(), ask, _subject(ask))
    elif (
        scene.own
        and row not in _VIOLATIONS
        and (text := scene.refusals.unsaid(told, known, ask.operation, path=ask.path))
    ):
        yield Problem(scene.facts.row(row), f"{why}: the text {text!r}", told.shown(), ask, _subject(ask))
    scene.judged()


def _subject(ask: Ask) -> str:
    return ask.operation.id if ask.operation else f"{ask.method} {ask.path}"


def _locked(scene: Scene) -> Iterator[Operation]:
    """The operations that need a key."""
    return (operation for operation in scene.contract.operations if operation.key)


def _by(scene: Scene, who: Who, row: str, why: str) -> Iterator[Problem]:
    for operation in _locked(scene):
        ask = replace(scene.requests.good(operation), who=who)
        yield from row_problem(scene, ask, row, why)


@check("refusal.no-key", "Without a key every operation that needs one says so.", level="reads")
def no_key(scene: Scene) -> Iterator[Problem]:
    yield from _by(scene, "nobody", "no-key", "asked without a key")


@check("refusal.wrong-key", "A key that nobody has is refused everywhere.", level="reads")
def wrong_key(scene: Scene) -> Iterator[Problem]:
    yield from _by(scene, "invalid", "wrong-key", "asked with a key that nobody has")


def _has_admins(scene: Scene) -> bool:
    return any(operation.admin for operation in scene.contract.operations)


@check("refusal.admin", "What only an admin may do is refused to others.", level="breaking", known=_has_admins)
def not_an_admin(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        if operation.admin:
            ask = scene.requests.good(operation)
            yield from row_problem(scene, ask, "forbidden", "asked by somebody who is no admin")


@check("refusal.unknown-path", "A path that does not exist is answered as one.", level="reads")
def unknown_path(scene: Scene) -> Iterator[Problem]:
    yield from row_problem(scene, Ask("GET", _NOWHERE), "unknown-path", "a path that does not exist")


@check("refusal.wrong-method", "A method that a path does not have is answered as one.", level="reads")
def wrong_method(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        place = scene.contract.router.find(operation.path.replace("{", "").replace("}", ""))
        if place is not None and "TRACE" not in place.methods:
            ask = replace(scene.requests.good(operation), method="TRACE", body=b"", operation=None)
            yield from row_problem(scene, ask, "wrong-method", "asked with a method that the path does not have")


@check("refusal.unknown-model", "A model that does not exist is refused as one.", level="breaking")
def unknown_model(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        if operation.model is None or operation.strangers:
            continue
        good = scene.requests.good(operation)
        if operation.model.kind == "body":
            ask = good.with_json({**good.json, operation.model.name: "mockreel/no-such-model"})
        else:
            ask = replace(good, path=operation.path.replace(f"{{{operation.model.name}}}", "mockreel/no-such-model"))
        yield from row_problem(scene, ask, "unknown-model", "asked for a model that does not exist")


@check("refusal.unknown-job", "A job that does not exist is answered as one.", level="reads")
def unknown_job(scene: Scene) -> Iterator[Problem]:
    for talk in scene.contract.conversation.jobs.values():
        poll = scene.contract.operation(talk.poll)
        yield from row_problem(scene, scene.unknown(poll), "unknown-job", "asked for a job that does not exist")


@check("refusal.malformed", "A body that is no JSON is refused.", level="breaking")
def malformed(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        keyed = not operation.key or any(place.kind == "header" for place in operation.key)
        if operation.body == "json" and operation.body_required and keyed:
            ask = replace(scene.requests.good(operation), body=b'{"mockreel":', who=_who(operation))
            yield from row_problem(scene, ask, "malformed-json", "sent half a JSON object")


def _who(operation: Operation) -> Who:
    return "admin" if operation.admin else "own"


def _has_bounds(scene: Scene) -> bool:
    schemas = [one.schema for operation in scene.contract.operations for one in operation.query]
    found = [scene.requests.resolver.followed(schema)[0] for schema in schemas]
    return any("minimum" in schema or "maximum" in schema for schema in found)


@check("refusal.query", "A query that breaks the contract is refused.", level="reads", known=_has_bounds)
def wrong_query(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        for parameter in operation.query:
            schema, _ = scene.requests.resolver.followed(parameter.schema)
            for word, beyond in (("minimum", -1), ("maximum", 1)):
                if word in schema:
                    good = scene.requests.good(operation)
                    ask = replace(good, query=f"{parameter.name}={schema[word] + beyond}")
                    yield from row_problem(scene, ask, "invalid-query", f"{parameter.name} is beyond its {word}")


@check(
    "refusal.played", "A refusal that the target is asked to play looks as the contract says.", level="jobs",
    known=lambda scene: scene.plays,
)  # fmt: skip
def played(scene: Scene) -> Iterator[Problem]:
    for _, submit in scene.submits():
        for scenario in scene.contract.scenarios.requests.values():
            if scenario.row in scene.contract.errors:
                yield from _played(scene, submit, f"scenario={scenario.name}", scenario.row)


def _played(scene: Scene, submit: Operation, wish: str, row: str) -> Iterator[Problem]:
    good = scene.requests.good(submit)
    ask = replace(good, headers={**good.headers, "prefer": wish})
    yield from row_problem(scene, ask, row, f"asked to play {wish}", patient=False)


@check(
    "refusal.rows", "Every refusal of the contract looks as its row says.", level="jobs",
    known=lambda scene: scene.plays and _by_code(scene) is not None,
)  # fmt: skip
def every_row(scene: Scene) -> Iterator[Problem]:
    """At the first operation that documents the status of the row; a row that none documents is not asked for."""
    wish = _by_code(scene)
    for row in scene.contract.errors.values():
        operation = next((one for one in _places(scene, row) if _documents(scene, one, row)), None)
        if operation is not None:
            yield from _played(scene, operation, f"scenario={wish}; code={row.name}", row.name)


def _places(scene: Scene, row: ErrorRow) -> Iterator[Operation]:
    """Where a row can be played: at a submit that names it, at any other operation that does, at any submit."""
    submits = [operation for _, operation in scene.submits()]
    every = [*submits, *scene.contract.operations]
    yield from (one for one in every if row.name in one.raw["x-mockreel"].get("refusals", ()) and one.body != "form")
    yield from submits


def _by_code(scene: Scene) -> str | None:
    """The scenario that plays any refusal by its name."""
    rows = scene.contract.scenarios.requests.values()
    return next((one.name for one in rows if one.row not in scene.contract.errors), None)


def _documents(scene: Scene, operation: Operation, row: ErrorRow) -> bool:
    status, code = scene.refusals.expected(row, operation)
    if not scene.refusals.is_refusal(status, code):
        return False
    return scene.replies.documented(operation, status) is not None


@check(
    "refusal.blames", "A refusal of a body says what is wrong and where.", level="breaking",
    known=lambda scene: scene.contract.conversation.blames is not None,
)  # fmt: skip
def says_what_is_wrong(scene: Scene) -> Iterator[Problem]:
    row = scene.contract.conversation.blames
    assert row is not None
    for operation in scene.contract.operations:
        for model in scene.casting.at(operation)[:2]:
            if model is None or operation.body != "json":
                continue
            for name, ask in _with_one_fault(scene, operation, model):
                told = scene.try_send(ask)
                if told is None or scene.excused(told, operation) or not scene.refusals.refused(told):
                    continue
                scene.judged()
                places = [value for place in row.at for value in found(told.json, place) if value]
                if not any(name in _texts(value) for value in places):
                    fact = scene.facts.fact("a refusal says what is wrong", "conversation.yaml blames", row.evidence)
                    expected = f"{name!r} at {' or '.join(row.at)}"
                    yield Problem(fact, expected, told.shown(), ask, f"{operation.id} {model.id}")


def _with_one_fault(scene: Scene, operation: Operation, model: Model) -> Iterator[tuple[str, Ask]]:
    """Bodies that lack one required field, or have one that is no option, each with the name of that field."""
    schema, base = scene.requests.resolver.model(scene.casting.schema(operation, model))
    kinds = set()
    for variant in scene.requests.samples.forbidden(schema, base):
        if variant.kind in ("is missing", "is no option") and variant.kind not in kinds:
            ask = scene.requests.with_input(operation, model, variant.value)
            if len(scene.oracle.judge(ask).violations) == 1:
                kinds.add(variant.kind)
                yield variant.what.removesuffix(variant.kind).strip(), ask


def _texts(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


@check(
    "reply.traced", "What a client calls its request by comes back.", level="reads",
    known=lambda scene: scene.contract.conversation.traced is not None,
)  # fmt: skip
def comes_back(scene: Scene) -> Iterator[Problem]:
    row = scene.contract.conversation.traced
    assert row is not None
    name, value = row.at[0], str(row.given["value"])
    for talk in scene.contract.conversation.jobs.values():
        unknown = scene.unknown(scene.contract.operation(talk.poll))
        ask = replace(unknown, headers={**unknown.headers, name: value})
        told = scene.try_send(ask)
        if told is None or scene.excused(told, ask.operation):
            continue
        scene.judged()
        if told.headers.get(name.lower()) != value:
            fact = scene.facts.fact(f"{name} comes back", "conversation.yaml traced", row.evidence)
            yield Problem(fact, f"{name}: {value}", told.headers.get(name.lower(), "no such header"), ask, talk.poll)


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
