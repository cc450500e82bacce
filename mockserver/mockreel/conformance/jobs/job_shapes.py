"""Another shape than a model's default: a length, a format and a size that its input allows."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation, pointers
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.engine.artifacts import artifact, media

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# The properties of a shape in the contract's `media`; a longer clip costs more, so the shortest is requested.
MEANINGS = ("aspect", "duration", "resolution")


def other_shape(context: "CheckContext", submit: Operation, model: Model) -> Mapping[str, Any]:
    """Fields that change a valid request; empty if the model has no such field."""
    request, found = context.requests.good(submit, model), dict[str, Any]()
    schema = context.contract.schemas.document(context.model_selection.schema(submit, model))
    rows, fields = context.contract.root.get("media", {}), schema.get("properties", {})
    for meaning in MEANINGS:
        for name in rows.get(meaning, ()):
            own = pointers.value(request.json, f"{submit.input}/{name}")
            usual = model.defaults.get(name) if own is None else own
            for value in _options(fields.get(name), usual):
                if _fits(context, request, submit, model, {**found, name: value}):
                    found[name] = value
                    break
    lengths = [name for name in rows.get("duration", ()) if name in found]
    return found if lengths or model.output != "video" else {}


def _options(field: Any, usual: Any) -> Iterator[Any]:
    """The values that a field offers beside the usual one; of lengths the shorter ones."""
    options = field.get("enum", ()) if isinstance(field, Mapping) else ()
    length = artifact.seconds(usual)
    for value in options:
        seconds = artifact.seconds(value)
        if value not in (usual, None) and (length is None or seconds is None or 0 < seconds < length):
            yield value


def _fits(
    context: "CheckContext", request: SentRequest, submit: Operation, model: Model, shape: Mapping[str, Any]
) -> bool:
    """Whether a request with these fields is valid, and, for a simulator, has an exact file."""
    filled = request
    for name, value in shape.items():
        filled = filled.with_json(pointers.placed(filled.json, f"{submit.input}/{name}", value))
    return context.request_checker.judge(filled).row is None and is_played(context, submit, model, filled)


def is_played(context: "CheckContext", submit: Operation, model: Model, request: SentRequest) -> bool:
    """Whether the target can make exactly this: a simulator serves the nearest of its files."""
    return not context.plays or media.pick(stated_clip(context, submit, model, request)).exact


def stated_clip(context: "CheckContext", submit: Operation, model: Model, request: SentRequest) -> media.ClipRequest:
    """The file that a request describes, with the model's defaults."""
    fields = pointers.value(request.json, submit.input) if submit.input else request.json
    return artifact.clip_request(context, model, fields if isinstance(fields, Mapping) else {}, stated=True)
