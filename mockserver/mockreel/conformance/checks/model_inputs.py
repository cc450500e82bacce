"""Bodies that a model's schema allows are taken, bodies that it forbids are refused."""

import random
from collections.abc import Iterable, Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract import Model, Operation
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Ask
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.sample_values import Variant


def _asked(scene: Scene, check_id: str, *, allowed: bool) -> Iterator[tuple[str, Operation, Model, Ask]]:
    """Every variant that the contract's own validator judges as it should be judged, as many as fit the budget."""
    every = list(_every(scene, allowed=allowed))
    most = scene.most.get(check_id)
    if most is not None and most < len(every):
        scene.skip("they do not fit the budget; give more with --budget", len(every) - most)
        kept = sorted(random.Random(f"{scene.wanted.seed} {check_id}").sample(range(len(every)), most))
        every = [every[number] for number in kept]
    yield from every


def _every(scene: Scene, *, allowed: bool) -> Iterator[tuple[str, Operation, Model, Ask]]:
    for operation in scene.contract.operations:
        for model in scene.casting.at(operation):
            if model is None or operation.body != "json" or scene.waits_for_the_end(operation):
                continue
            schema, base = scene.requests.resolver.model(scene.casting.schema(operation, model))
            variants = scene.requests.samples.allowed if allowed else scene.requests.samples.forbidden
            for variant in _chosen(scene, variants(schema, base)):
                ask = scene.requests.with_input(operation, model, variant.value)
                if (scene.oracle.judge(ask).row is None) == allowed:
                    yield variant.what, operation, model, ask


def _chosen(scene: Scene, variants: Iterable[Variant]) -> Iterable[Variant]:
    """All of them; with `quick` one of each kind."""
    if not scene.wanted.quick:
        return variants
    return {variant.kind: variant for variant in variants}.values()


def _fact(scene: Scene, model: Model) -> Fact:
    return scene.facts.fact(f"the input schema of {model.id}", f"models.json {model.id}", model.evidence)


@check("body.taken", "A body that the model's schema allows is taken.", level="jobs")
def allowed_is_taken(scene: Scene) -> Iterator[Problem]:
    for what, operation, model, ask in _asked(scene, "body.taken", allowed=True):
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        if scene.refusals.refused(told):
            subject = f"{operation.id} {model.id}"
            yield Problem(_fact(scene, model), f"taken, though {what}", told.shown(), ask, subject)


@check("body.refused", "A body that the model's schema forbids is refused.", level="breaking")
def forbidden_is_refused(scene: Scene) -> Iterator[Problem]:
    row = scene.contract.errors["invalid-body"]
    for what, operation, model, ask in _asked(scene, "body.refused", allowed=False):
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        subject = f"{operation.id} {model.id}"
        if not scene.refusals.refused(told):
            yield Problem(_fact(scene, model), f"refused, as {what}", told.shown(), ask, subject)
        elif not scene.refusals.is_row(told, row, operation):
            status, code = scene.refusals.expected(row, operation)
            yield Problem(scene.facts.row(row.name), f"{status} {code}, as {what}", told.shown(), ask, subject)


CHECKS: tuple[Check, ...] = (allowed_is_taken, forbidden_is_refused)
