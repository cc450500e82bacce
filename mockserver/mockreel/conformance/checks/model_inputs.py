"""Bodies that a model's schema allows are accepted, bodies that it forbids are rejected."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.sample_values import Variant

# So many other names of each operation's models are tried with --quick.
FEW_NAMES = 2
# The kinds of variants that are about what must be there: few, and the first that go wrong.
ESSENTIAL = ("is missing", "is too short")
# A field that no model has.
UNKNOWN = "mockreel_unknown"


def _judged_variants(
    context: CheckContext, check_id: str, *, allowed: bool
) -> Iterator[tuple[str, Operation, Model, SentRequest]]:
    """Every variant that the contract's own validator judges as it should be judged, as many as fit the budget."""
    every = list(_every(context, allowed=allowed))
    most = context.most.get(check_id)
    if most is not None and most < len(every):
        context.skip("they do not fit the budget; give more with --budget", len(every) - most)
        sample = sorted(random.Random(f"{context.options.seed} {check_id}").sample(range(len(every)), most))
        every = [every[number] for number in sample]
    yield from every


def _every(context: CheckContext, *, allowed: bool) -> Iterator[tuple[str, Operation, Model, SentRequest]]:
    for operation in context.contract.operations:
        for model in context.model_selection.at(operation):
            if model is None or operation.body != "json" or context.waits_for_the_end(operation):
                continue
            if allowed and _unpriced(context, operation, model):
                continue
            schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
            variants = context.requests.samples.allowed if allowed else context.requests.samples.forbidden
            for variant in _selection(context, variants(schema, base), model):
                request = context.requests.with_input(operation, model, variant.value)
                if (context.request_checker.judge(request).row is None) == allowed:
                    yield variant.what, operation, model, request


def _unpriced(context: CheckContext, operation: Operation, model: Model) -> bool:
    """Whether an operation quotes prices, and the model has none that it could quote."""
    quote = context.contract.conversation.quote
    return quote is not None and quote.given["operation"] == operation.id and model.price.amount is None


def _selection(context: CheckContext, variants: Iterable[Variant], model: Model) -> Iterable[Variant]:
    """All of them; with `quick` what is about required fields, and one of each other kind, of any field."""
    if not context.options.quick:
        return variants
    kinds = defaultdict[str, list[Variant]](list)
    for variant in variants:
        kinds[variant.kind].append(variant)
    draw = random.Random(f"{context.options.seed} {model.id}")
    return [one for kind, found in kinds.items() for one in (found if kind in ESSENTIAL else [draw.choice(found)])]


def _fact(context: CheckContext, model: Model) -> Fact:
    return context.facts.fact(f"the input schema of {model.id}", f"models.json {model.id}", model.evidence)


@check("body.taken", "A body that the model's schema allows is taken.", level="jobs")
def allowed_is_taken(context: CheckContext) -> Iterator[Problem]:
    for what, operation, model, request in _judged_variants(context, "body.taken", allowed=True):
        response = context.answer(request, operation)
        if response is None:
            continue
        if context.error_detector.refused(response):
            subject = f"{operation.id} {model.id}"
            yield Problem(_fact(context, model), f"taken, though {what}", response.shown(), request, subject)


@check("body.refused", "A body that the model's schema forbids is refused.", level="breaking")
def forbidden_is_refused(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.errors["invalid-body"]
    for what, operation, model, request in _judged_variants(context, "body.refused", allowed=False):
        response = context.answer(request, operation)
        if response is None:
            continue
        subject = f"{operation.id} {model.id}"
        if not context.error_detector.refused(response):
            yield Problem(_fact(context, model), f"refused, as {what}", response.shown(), request, subject)
        elif not context.error_detector.is_row(response, row, operation):
            status, code = context.error_detector.expected(row, operation)
            yield Problem(
                context.facts.row(row.name), f"{status} {code}, as {what}", response.shown(), request, subject
            )


def _renamed(context: CheckContext) -> Iterator[tuple[Operation, Model, SentRequest]]:
    """For each operation that takes a model's name in its body a forbidden body with another name of a model."""
    for operation in context.contract.operations:
        if operation.model is None or operation.model.kind != "body" or not operation.submits:
            continue
        known = context.contract.names_at.get(operation.id, {})
        others = [
            (name, model)
            for name, model in known.items()
            if name != model.id and context.wants(model) and _may_be_called(context, operation, model, name)
        ]
        for name, model in others[: FEW_NAMES if context.options.quick else None]:
            schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
            for variant in context.requests.samples.forbidden(schema, base):
                good = context.requests.with_input(operation, model, variant.value)
                request = good.with_json({**good.json, operation.model.name: name})
                if context.request_checker.judge(request).row is not None:
                    yield operation, model, request
                    break


def _may_be_called(context: CheckContext, operation: Operation, model: Model, name: str) -> bool:
    """Whether a model's own schema takes a name that the route knows it by: in some readings it takes one of them."""
    assert operation.model is not None
    good = context.requests.good(operation, model=model)
    return context.request_checker.judge(good.with_json({**good.json, operation.model.name: name})).row is None


@check(
    "body.names", "A model is known by each of its names: what is wrong about a body is not the name.",
    level="breaking", known=lambda context: any(True for _ in _renamed(context)),
)  # fmt: skip
def other_names_are_known(context: CheckContext) -> Iterator[Problem]:
    """The body is refused for something else, so that no job begins."""
    blames = context.contract.conversation.blames
    for operation, model, request in _renamed(context):
        response = context.answer(request, operation)
        if response is None or blames is None or operation.model is None:
            continue
        blamed = [str(one) for place in blames.at[:1] for one in pointers.values(response.json, place)]
        unknown = context.error_detector.is_row(response, context.contract.errors["unknown-model"], operation)
        invalid = context.error_detector.is_row(response, context.contract.errors["invalid-body"], operation)
        if any(operation.model.name in one for one in blamed) or (unknown and not invalid):
            expected = "another field blamed than that of the model"
            yield Problem(_fact(context, model), expected, response.shown(), request, f"{operation.id} {model.id}")


def _with_additions(context: CheckContext) -> Iterator[tuple[Operation, Model, SentRequest]]:
    """A forbidden body of each operation with a field that no model has."""
    for operation in context.contract.operations:
        models = [one for one in context.model_selection.at(operation) if one is not None]
        for model in models[:1] if operation.submits and operation.body == "json" else ():
            schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
            for variant in context.requests.samples.forbidden(schema, base):
                plain = context.requests.with_input(operation, model, variant.value)
                if isinstance(variant.value, dict) and context.request_checker.judge(plain).row is not None:
                    further = context.requests.with_input(operation, model, {**variant.value, UNKNOWN: "x"})
                    yield operation, model, further
                    break


@check(
    "body.further", "A field that a model does not have is blamed where its schema forbids it, and nowhere else.",
    level="breaking", known=lambda context: context.contract.conversation.blames is not None,
)  # fmt: skip
def further_fields_are_overlooked(context: CheckContext) -> Iterator[Problem]:
    for operation, model, further in _with_additions(context):
        schema, _ = context.requests.resolver.model(context.model_selection.schema(operation, model))
        is_forbidden = schema.get("additionalProperties") is False
        response = context.answer(further, operation)
        if response is not None and is_forbidden != (UNKNOWN.encode() in response.body):
            expected = f"{UNKNOWN} among what is blamed" if is_forbidden else f"nothing about {UNKNOWN}"
            yield Problem(_fact(context, model), expected, response.shown(), further, f"{operation.id} {model.id}")


@check("body.case", "An option is spelled as it is listed.", level="breaking")
def options_have_one_spelling(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        known = (
            context.contract.names_at.get(operation.id, {}) if operation.submits and operation.body == "json" else {}
        )
        models = {one.id: one for one in known.values() if context.wants(one)}
        seen: set[str] = set()
        for model in models.values():
            for field, request in _respelled(context, operation, model):
                if field in seen and context.options.quick:
                    continue
                seen.add(field)
                response = context.answer(request, operation)
                if response is not None and not context.error_detector.refused(response):
                    subject = f"{operation.id} {model.id}"
                    yield Problem(
                        _fact(context, model), "an option that is refused", response.shown(), request, subject
                    )


def _respelled(context: CheckContext, operation: Operation, model: Model) -> Iterator[tuple[str, SentRequest]]:
    """Bodies with an option in other letters, which the contract forbids, by the field."""
    schema, _ = context.requests.resolver.model(context.model_selection.schema(operation, model))
    for name, field in schema.get("properties", {}).items():
        words = field.get("enum", ()) if isinstance(field, dict) else ()
        word = next((one for one in words if isinstance(one, str) and one.swapcase() not in words), None)
        if word is not None and word != word.swapcase():
            good = context.requests.good(operation, model)
            request = good.with_json(pointers.placed(good.json, f"{operation.input}/{name}", word.swapcase()))
            if context.request_checker.judge(request).row is not None:
                yield name, request


CHECKS: tuple[Check, ...] = (
    allowed_is_taken,
    forbidden_is_refused,
    other_names_are_known,
    further_fields_are_overlooked,
    options_have_one_spelling,
)
