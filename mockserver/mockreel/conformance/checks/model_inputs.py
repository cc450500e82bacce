"""Bodies that a model's schema allows are taken, bodies that it forbids are refused."""

from collections.abc import Iterable, Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract import Model, Operation
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Ask
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.sample_values import Variant


def _asked(scene: Scene, *, allowed: bool) -> Iterator[tuple[str, Operation, Model, Ask]]:
    """Every variant that the contract's own validator judges as it should be judged."""
    for operation in scene.contract.operations:
        for model in scene.casting.at(operation):
            if model is None or operation.body != "json":
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
    for what, operation, model, ask in _asked(scene, allowed=True):
        scene.judged()
        told = scene.send(ask)
        if scene.refusals.refused(told):
            subject = f"{operation.id} {model.id}"
            yield Problem(_fact(scene, model), f"taken, though {what}", told.shown(), ask, subject)


@check("body.refused", "A body that the model's schema forbids is refused.", level="breaking")
def forbidden_is_refused(scene: Scene) -> Iterator[Problem]:
    row = scene.contract.errors["invalid-body"]
    for what, operation, model, ask in _asked(scene, allowed=False):
        told = scene.try_send(ask)
        if told is None:
            continue
        scene.judged()
        subject = f"{operation.id} {model.id}"
        if not scene.refusals.refused(told):
            yield Problem(_fact(scene, model), f"refused, as {what}", told.shown(), ask, subject)
        elif not scene.refusals.is_row(told, row, operation):
            status, code = scene.refusals.expected(row, operation)
            yield Problem(scene.facts.row(row.name), f"{status} {code}, as {what}", told.shown(), ask, subject)


CHECKS: tuple[Check, ...] = (allowed_is_taken, forbidden_is_refused)
