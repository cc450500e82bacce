"""Every operation is there, every model is known to it, and what a model costs is what is quoted for it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks.job_records import amount, price_of
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Model, Operation
from mockreel.contract.exchanges.exchange import Ask, Told, first
from mockreel.contract.exchanges.problem import Problem

# With --quick so many models are asked for.
FEW = 5


@check("operation.answers", "An operation that only reads answers a well-formed request.", level="reads")
def reads_are_answered(scene: Scene) -> Iterator[Problem]:
    for operation in scene.contract.operations:
        if operation.method != "GET" and operation.id not in scene.contract.conversation.reads:
            continue
        for ask in _complete(scene, operation):
            told = scene.try_send(ask)
            if told is None or scene.excused(told, operation):
                continue
            scene.judged()
            if scene.refusals.refused(told):
                fact = scene.facts.operation(f"{operation.id} answers", operation)
                yield Problem(fact, "an answer that is no refusal", told.shown(), ask, operation.id)


def _complete(scene: Scene, operation: Operation) -> Iterator[Ask]:
    """Well-formed requests that need nothing to be there before: no job, nothing that somebody has made."""
    places = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    models = [model for model in scene.contract.models.values() if not model.routes][
        : FEW if scene.wanted.quick else None
    ]
    if operation.model is not None or (operation.body == "json" and operation.body_required):
        return
    if not places:
        ask = scene.requests.good(operation)
        if scene.oracle.judge(ask).row is None and not any(one.required for one in operation.query):
            yield ask
    elif len(places) == 1 and places[0] in operation.many and scene.contract.names_at:
        yield from (scene.requests.good(operation, params={places[0]: model.id}) for model in models)


@check(
    "model.known",
    "Every model is known where the contract has it.",
    level="breaking",
    known=lambda scene: bool(scene.contract.models),
)
def models_are_known(scene: Scene) -> Iterator[Problem]:
    """Asked with a body that lacks what it must have, so that nothing is begun."""
    for operation, model in _each_model(scene):
        ask = _lacking(scene, operation, model)
        if ask is None:
            continue
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        if not scene.refusals.refused(told) or _is_unknown(scene, operation, told):
            fact = scene.facts.fact(f"{model.id} is a model", f"models.json {model.id}", model.evidence)
            yield Problem(fact, "a refusal of the body", told.shown(), ask, f"{operation.id} {model.id}")


def _is_unknown(scene: Scene, operation: Operation, told: Told) -> bool:
    """Whether a refusal says that there is no such model, in words that say nothing else."""
    rows = [scene.contract.errors[name] for name in ("unknown-model", "unknown-path")]
    meant = [row for row in rows if scene.refusals.is_row(told, row, operation)]
    body = scene.contract.errors["invalid-body"]
    return bool(meant) and not scene.refusals.is_row(told, body, operation)


def _each_model(scene: Scene) -> Iterator[tuple[Operation, Model]]:
    """Each model once, at the first operation that takes it."""
    seen: set[str] = set()
    for operation in scene.contract.operations:
        if operation.model is None or operation.body != "json" or scene.waits_for_the_end(operation):
            continue
        for model in scene.contract.names_at[operation.id].values():
            if model.id not in seen and not (scene.wanted.quick and len(seen) >= FEW) and scene.wants(model):
                seen.add(model.id)
                yield operation, model


def _lacking(scene: Scene, operation: Operation, model: Model) -> Ask | None:
    """A request that lacks the last of the fields that a model must have; None where it must have none."""
    schema, base = scene.requests.resolver.model(scene.casting.schema(operation, model))
    for variant in scene.requests.samples.forbidden(schema, base):
        ask = scene.requests.with_input(operation, model, variant.value)
        if variant.kind == "is missing" and scene.oracle.judge(ask).row is not None:
            return ask
    return None


@check(
    "price.quoted", "What is quoted for a model is its price.", level="reads",
    known=lambda scene: scene.contract.conversation.quote is not None,
)  # fmt: skip
def quotes_its_price(scene: Scene) -> Iterator[Problem]:
    row = scene.contract.conversation.quote
    assert row is not None
    operation = scene.contract.operation(str(row.given["operation"]))
    models = [model for model in scene.contract.names_at[operation.id].values() if scene.wants(model)]
    unique = list({model.id: model for model in models}.values())
    priced = [(one, ask, price) for one, ask, price in _priced(scene, operation, unique) if price is not None]
    for model, ask, wanted in priced[: FEW if scene.wanted.quick else None]:
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        if amount(first(told.json, row.at[0])) != wanted:
            fact = scene.facts.fact(f"the price of {model.id}", f"models.json {model.id} price", model.price.evidence)
            expected = f"{wanted.normalize():f} {model.price.currency} at {row.at[0]}"
            yield Problem(fact, expected, told.shown(), ask, f"{operation.id} {model.id}")


def _priced(scene: Scene, operation: Operation, models: list[Model]) -> Iterator[tuple[Model, Ask, Decimal | None]]:
    """Each model with a request for its quote, and its price where that is known exactly."""
    for model in models:
        ask = scene.requests.good(operation, model)
        price = price_of(scene, ask, model)
        yield model, ask, price.amount if price is not None and price.certainty == "exact" else None


READING, CHANGING = ("GET",), ("GET", "PATCH", "DELETE")


def _leads(scene: Scene, operation: Operation, methods: tuple[str, ...]) -> bool:
    """Whether a link leads from an operation to one of these methods."""
    names = {str(row.get("operationId")) for row in scene.links.of(operation)}
    return any(one.id in names and one.method in methods for one in scene.contract.operations)


def _makers(scene: Scene) -> list[Operation]:
    """The operations that make something, which is no job, to which links lead."""
    reads = scene.contract.conversation.reads
    return [
        one
        for one in scene.contract.operations
        if one.method == "POST" and not one.submits and one.id not in reads and _leads(scene, one, CHANGING)
    ]


@check(
    "link.leads", "What a job's reply leads to is there.", level="jobs", uses=(PLAIN,),
    known=lambda scene: any(_leads(scene, submit, READING) for _, submit in scene.submits()),
)  # fmt: skip
def links_of_jobs_lead_on(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.ended and story.scenario is None:
            yield from _followed(scene, story.submit, story.asked, story.told, READING)


@check(
    "link.made", "What was made can be read, changed and removed where a link leads.", level="jobs",
    known=lambda scene: bool(_makers(scene)),
)  # fmt: skip
def links_of_things_lead_on(scene: Scene) -> Iterator[Problem]:
    for operation in _makers(scene):
        ask = scene.requests.good(operation)
        if operation.body == "form" or scene.oracle.judge(ask).row is not None:
            continue
        told = scene.try_send(ask)
        if told is None or scene.excused(told, operation):
            continue
        scene.judged()
        if scene.refusals.refused(told):
            fact = scene.facts.operation(f"{operation.id} answers", operation)
            yield Problem(fact, "an answer that is no refusal", told.shown(), ask, operation.id)
        else:
            yield from _followed(scene, operation, ask, told, CHANGING)


def _followed(scene: Scene, operation: Operation, ask: Ask, told: Told, methods: tuple[str, ...]) -> Iterator[Problem]:
    """Follow the links of a reply that are of these methods, in their order."""
    rows = [str(row.get("operationId")) for row in scene.links.of(operation)]
    found = [link for name in dict.fromkeys(rows) if (link := scene.links.find(operation, told, name)) is not None]
    for link in sorted(found, key=lambda one: methods.index(one.to.method) if one.to.method in methods else -1):
        if link.to.method not in methods or (link.to.admin and "admin" not in scene.target.keys.of):
            continue
        further = scene.links.follow(link, ask, told)
        further = replace(further, who="admin") if link.to.admin else further
        reply = scene.try_send(further)
        if reply is None or scene.excused(reply, link.to):
            continue
        scene.judged()
        if scene.refusals.refused(reply):
            fact = scene.facts.operation(f"{link.to.id} answers what {operation.id} has made", link.to)
            yield Problem(fact, "an answer that is no refusal", reply.shown(), further, link.to.id)


CHECKS: tuple[Check, ...] = (
    reads_are_answered,
    models_are_known,
    quotes_its_price,
    links_of_jobs_lead_on,
    links_of_things_lead_on,
)
