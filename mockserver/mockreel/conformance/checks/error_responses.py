"""Who may not, and what cannot be understood, is told so in the provider's own words."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import Ask, Who
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import LeftOut

_NOWHERE = "/mockreel/no-such-path"


def row_problem(scene: Scene, ask: Ask, row: str, why: str) -> Iterator[Problem]:
    """Ask, and tell where the reply is not this error row."""
    told = scene.try_send(ask)
    if told is None:
        return
    scene.judged()
    known = scene.contract.errors[row]
    if scene.refusals.is_row(told, known, ask.operation, path=ask.path):
        return
    status, code = scene.refusals.expected(known, ask.operation, path=ask.path)
    expected = f"{status} with the code {code}" if scene.contract.conversation.codes else f"status {status}"
    subject = ask.operation.id if ask.operation else f"{ask.method} {ask.path}"
    yield Problem(scene.facts.row(row), f"{why}: {expected}", told.shown(), ask, subject)


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


@check("refusal.admin", "What only an admin may do is refused to others.", level="breaking")
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
        found = scene.contract.router.find(operation.path.replace("{", "").replace("}", ""))
        if found is not None and "TRACE" not in found.methods:
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


@check("refusal.query", "A query that breaks the contract is refused.", level="reads")
def wrong_query(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        for parameter in operation.query:
            schema, _ = scene.requests.resolver.followed(parameter.schema)
            for word, beyond in (("minimum", -1), ("maximum", 1)):
                if word in schema:
                    good = scene.requests.good(operation)
                    ask = replace(good, query=f"{parameter.name}={schema[word] + beyond}")
                    yield from row_problem(scene, ask, "invalid-query", f"{parameter.name} is beyond its {word}")


@check("refusal.played", "A refusal that the stand-in is asked to play looks as the contract says.", level="jobs")
def played(scene: Scene) -> Iterator[Problem]:
    if not scene.target.own:
        raise LeftOut("only the stand-in plays a refusal when it is asked to")
    for _, submit in scene.submits():
        for scenario in scene.contract.scenarios.requests.values():
            if scenario.row in scene.contract.errors:
                good = scene.requests.good(submit)
                ask = replace(good, headers={**good.headers, "prefer": f"scenario={scenario.name}"})
                yield from row_problem(scene, ask, scenario.row, f"asked to play {scenario.name}")


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
    played,
)
