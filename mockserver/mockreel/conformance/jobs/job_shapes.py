"""Other inputs than the usual one: another length, format and size, and every optional field that a model has."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation, pointers
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.engine.artifacts import artifact, media

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# The properties of a shape in the contract's `media`; a longer clip costs more, so the shortest is requested.
MEANINGS = ("aspect", "duration", "resolution")
# The sorts of fields that a request may have beside what it must have, and the address of a file.
SORTS = FILES, COUNTS, OTHERS = "files", "counts", "others"
_FILE = "https://example.com/a.png"


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


def has_optional(context: "CheckContext", submit: Operation, model: Model, sort: str) -> bool:
    """Whether a model's input has a field of a sort that is left out of what must be there."""
    return any(True for _ in _fields(context, submit, model, sort))


def optional_fields(context: "CheckContext", submit: Operation, model: Model, sort: str) -> Mapping[str, Any]:
    """What a valid request of a model may have beside what it must have, of one sort, each other than its default.

    `files` is the address of one file where none must be there, `counts` how many results there are to be, `others` are
    all other fields. What says how long, how large or of which form a result is has jobs of its own.
    """
    request, found = context.requests.good(submit, model), dict[str, Any]()
    if sort == FILES and b'"http' in request.body:
        return {}
    for name, field, base in _fields(context, submit, model, sort):
        given = pointers.value(request.json, f"{submit.input}/{name}")
        for value in _unusual(context, sort, field, base) if given is None or sort == COUNTS else ():
            fields = {**found, name: value}
            if value != given and context.request_checker.judge(_filled(request, submit, fields)).row is None:
                found = fields
                break
        if found and sort == FILES:
            break
    return found


def _fields(context: "CheckContext", submit: Operation, model: Model, sort: str) -> Iterator[tuple[str, Any, str]]:
    """The fields of one sort that need not be there, each with its schema."""
    schema, base = context.requests.resolver.model(context.model_selection.schema(submit, model))
    for name, field in schema.get("properties", {}).items():
        if _sort(context, name, field) == sort and (sort == COUNTS or name not in schema.get("required", ())):
            yield name, field, base


def _sort(context: "CheckContext", name: str, field: Any) -> str | None:
    """What an optional field is for; None for what has jobs of its own, or says only how the result is sent."""
    rows = context.contract.root.get("media", {})
    if name in {one for names in rows.get("counts", {}).values() for one in names}:
        return COUNTS
    shaping = {one for key, names in rows.items() if isinstance(names, list) for one in names}
    inline = [talk.promises.inline for talk in context.contract.conversation.jobs.values()]
    if name in shaping or name in {row.given["field"] for row in inline if row is not None}:
        return None
    return FILES if _is_file(name, field) else OTHERS


def _is_file(name: str, field: Any) -> bool:
    return name.lower().endswith("url") or (isinstance(field, Mapping) and field.get("format") == "uri")


def _unusual(context: "CheckContext", sort: str, field: Any, base: str) -> Iterator[Any]:
    """The values of a field that are not what leaving it out means, then a valid one."""
    samples = context.requests.samples
    schema, base = context.requests.resolver.followed(field, base)
    if not isinstance(schema, Mapping) or sort == FILES:
        yield _FILE
        return
    usual, value = schema.get("default"), samples.smallest(schema, base)
    if isinstance(usual, bool):
        yield not usual
    elif isinstance(usual, int | float):
        yield usual + 1
    yield from (("2", 2) if sort == COUNTS else ())
    yield from (one for one in schema.get("enum", ()) if one not in (usual, None))
    yield value


def _filled(request: SentRequest, submit: Operation, shape: Mapping[str, Any]) -> SentRequest:
    for name, value in shape.items():
        request = request.with_json(pointers.placed(request.json, f"{submit.input}/{name}", value))
    return request


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
    filled = _filled(request, submit, shape)
    return context.request_checker.judge(filled).row is None and is_played(context, submit, model, filled)


def is_played(context: "CheckContext", submit: Operation, model: Model, request: SentRequest) -> bool:
    """Whether the target can make exactly this: a simulator serves the nearest of its files."""
    return not context.plays or media.pick(stated_clip(context, submit, model, request)).exact


def stated_clip(context: "CheckContext", submit: Operation, model: Model, request: SentRequest) -> media.ClipRequest:
    """The file that a request describes, with the model's defaults."""
    fields = pointers.value(request.json, submit.input) if submit.input else request.json
    return artifact.clip_request(context, model, fields if isinstance(fields, Mapping) else {}, stated=True)
