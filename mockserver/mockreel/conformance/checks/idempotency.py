"""A request that is sent twice on purpose: with the same key and body it is one, with another body a conflict."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract import Operation
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Ask, first
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable


def _repeats(scene: Scene) -> bool:
    again = scene.contract.conversation.again
    return again is not None and bool(_heeding(scene))


def _heeding(scene: Scene) -> list[Operation]:
    """The operations that heed the header, under the chosen reading."""
    again, row = scene.contract.conversation.again, scene.contract.wire.get("idempotency", {})
    names = row.get("operations", again.given.get("operations", ()) if again else ())
    return [scene.contract.operation(name) for name in names]


def _fact(scene: Scene, says: str) -> Fact:
    again = scene.contract.conversation.again
    assert again is not None
    return scene.facts.fact(says, "conversation.yaml again", again.evidence)


def _keyed(scene: Scene, operation: Operation, key: str) -> Ask:
    again = scene.contract.conversation.again
    assert again is not None
    good = scene.requests.good(operation)
    return replace(good, headers={**good.headers, again.at[0]: f"{key}-{scene.wanted.seed}-{scene.stamp}"})


@check("idempotency.same", "The same request with the same key is one.", level="jobs", known=_repeats)
def is_one(scene: Scene) -> Iterator[Problem]:
    again = scene.contract.conversation.again
    assert again is not None
    for operation in _heeding(scene):
        ask = _keyed(scene, operation, f"same-{operation.id}")
        before, after = scene.try_send(ask), scene.try_send(ask)
        if before is None or after is None or scene.excused(before, operation) or scene.excused(after, operation):
            continue
        scene.judged()
        place = str(again.given["same"])
        if first(before.json, place) != first(after.json, place) or before.status != after.status:
            came = f"{first(before.json, place)}, then {after.shown()[:200]}"
            yield Problem(_fact(scene, f"{again.at[0]} makes a request one"), "the same job", came, ask, operation.id)


@check("idempotency.other", "Another request with the same key is refused.", level="jobs", known=_repeats)
def is_a_conflict(scene: Scene) -> Iterator[Problem]:
    again = scene.contract.conversation.again
    assert again is not None
    if all(scene.oracle.judge(_keyed(scene, one, "")).row is not None for one in _heeding(scene)):
        raise NotApplicable("the contract has no example of a body that is well-formed under this reading")
    row = scene.contract.errors[str(again.given["conflict"])]
    for operation in _heeding(scene):
        ask = _keyed(scene, operation, f"other-{operation.id}")
        other = ask.with_json({**ask.json, "metadata": {"another": "body"}})
        if scene.oracle.judge(ask).row is not None:
            continue
        before, after = scene.try_send(ask), scene.try_send(other)
        if before is None or after is None or scene.excused(before, operation) or scene.excused(after, operation):
            continue
        scene.judged()
        if not scene.refusals.is_row(after, row, operation):
            status, code = scene.refusals.expected(row, operation)
            yield Problem(scene.facts.row(row.name), f"{status} {code}", after.shown(), other, operation.id)


CHECKS: tuple[Check, ...] = (is_one, is_a_conflict)
