"""Compare two versions of a provider's models: added, removed and changed ones."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from mockreel.drift.finding import NOTHING, VERDICTS, Finding, Verdict
from mockreel.drift.models.field_notes import field_notes_drift, notes_of
from mockreel.drift.models.model_copies import copy_pairs
from mockreel.drift.models.model_facts import ModelFacts
from mockreel.drift.models.price_rules import same_price
from mockreel.drift.schema_drift import Subject, bare, schema_findings
from mockreel.drift.witness.inclusion import includes
from mockreel.drift.witness.json_difference import alike
from mockreel.drift.witness.schema_message import Message

_PRICE_KEYS = ("certainty", "currency", "unit", "amount", "rules", "placeholder")
# Accepts nothing, as a removed model does.
_GONE: Mapping[str, Any] = {"not": {}}


def models_drift(provider: str, before: Mapping[str, ModelFacts], after: Mapping[str, ModelFacts]) -> Iterator[Finding]:
    """Every difference between two versions of a provider's models.

    A model is matched by its id and its aliases, whichever page or path it was read from.
    """
    names = {name: model.id for model in after.values() for name in (*model.aliases, model.id)}
    matched = {id_: names[id_] for id_ in before if id_ in names}
    noted = {note for model in after.values() for note in notes_of(model.schema)}
    dropped = {note for model in before.values() for note in notes_of(model.schema)} - noted
    for id_, model in before.items():
        if id_ in matched:
            yield from model_drift(provider, model, after[matched[id_]], dropped=dropped)
        else:
            yield _removed(provider, model)
    for id_, model in after.items():
        if id_ not in matched.values():
            says = "a new model"
            yield _subject(provider, model, model).finding("", "compatible", says, NOTHING, model.endpoints or id_)


def model_drift(
    provider: str, before: ModelFacts, after: ModelFacts, *, dropped: Collection[str] = ()
) -> Iterator[Finding]:
    """Every difference between two versions of one model; notes in `dropped` are ignored."""
    subject = _subject(provider, before, after)
    yield from chain(
        _names(before, after, subject),
        _endpoints(before, after, subject),
        _envelope(before, after, subject),
        _schemas(before, after, subject, dropped),
        _defaults(before, after, subject),
        _result(before, after, subject),
        _price(before.price, after.price, subject),
        _media(before, after, subject),
    )


def _schemas(before: ModelFacts, after: ModelFacts, subject: Subject, dropped: Collection[str]) -> Iterator[Finding]:
    """What changed in the input in any file that describes it; each place once, with its worst verdict."""
    found: dict[str, Finding] = {}
    for old, new in copy_pairs(before, after):
        every = schema_findings(Message(old, at=before.at), Message(new, at=after.at), "requests", subject)
        for finding in (*every, *field_notes_drift(old, new, subject, dropped=dropped)):
            earlier = found.get(finding.id)
            if earlier is None or VERDICTS.index(finding.verdict) < VERDICTS.index(earlier.verdict):
                found[finding.id] = finding
    yield from found.values()


def _subject(provider: str, before: ModelFacts, after: ModelFacts) -> Subject:
    sources = tuple(dict.fromkeys((*before.source, *after.source)))
    return Subject(f"{provider}/models/{before.id}", before.file, sources)


def smallest(model: ModelFacts) -> Any:
    """A small request that the model accepts, or NOTHING if none was found."""
    return includes(Message(_GONE), Message(bare(model.schema), at=model.at)).witness


def _removed(provider: str, model: ModelFacts) -> Finding:
    says = "the docs no longer have the model"
    subject = _subject(provider, model, model)
    return subject.finding(
        "", "breaking for requests", says, model.endpoints or model.id, NOTHING, witness=smallest(model)
    )


def _names(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    old, new = (before.id, *before.aliases), (after.id, *after.aliases)
    if set(old) != set(new):
        lost = [name for name in old if name not in new]
        verdict: Verdict = "breaking for requests" if lost else "compatible"
        says = f"no longer named {', '.join(lost)}" if lost else "has a further name"
        yield subject.finding("names", verdict, says, list(old), list(new), witness=lost[0] if lost else NOTHING)


def _endpoints(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    old, new = before.endpoints, after.endpoints
    if not old or not new or set(old) == set(new):
        return
    lost = [endpoint for endpoint in old if endpoint not in new]
    if not lost:
        yield subject.finding("endpoint", "compatible", "a further endpoint", list(old), list(new))
        return
    says = "the endpoint moved" if lost[0] == old[0] else "an endpoint is gone"
    yield subject.finding("endpoint", "breaking for requests", says, list(old), list(new), witness=lost[0])


def _envelope(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    """Where the input is in the body: compared as schemas that wrap the input as each side does."""
    old, new = before.envelope, after.envelope
    if old is None or new is None or old == new:
        return
    sent = Message(_wrapped(bare(before.schema), old), at=before.at)
    found = includes(Message(_wrapped(bare(after.schema), new), at=after.at), sent)
    verdicts: Mapping[str, Verdict] = {"no": "breaking for requests", "yes": "compatible", "unknown": "unknown"}
    says = f"the input is {_position(new)}, and was {_position(old)}"
    yield subject.finding("envelope", verdicts[found.answer], says, old, new, witness=found.witness)


def _wrapped(schema: Mapping[str, Any], envelope: str) -> dict[str, Any]:
    """A schema for a body that has the input at `envelope`."""
    result = dict(schema)
    for name in reversed(envelope.split("/")[1:]):
        result = {"type": "object", "properties": {name: result}, "required": [name]}
    return result


def _position(envelope: str) -> str:
    return f"under {envelope}" if envelope else "at the top of the body"


def _defaults(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    old, new = before.defaults, after.defaults
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, NOTHING), new.get(name, NOTHING)
        if alike(was, now) or name not in after.schema.get("properties", {}):
            continue
        aspect = f"/properties/{name}/default"
        if was is NOTHING or now is NOTHING:
            says = "a default is stated now" if was is NOTHING else "the default is no longer stated"
            yield subject.finding(aspect, "docs only", says, was, now)
        elif name in before.schema.get("required", ()):
            yield subject.finding(aspect, "docs only", "another default of a field that is always sent", was, now)
        else:
            says = "a request that leaves the field out asks for something else now"
            yield subject.finding(aspect, "breaking for requests", says, was, now, witness=smallest(before))


def _result(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    old, new = before.result, after.result
    if before.output != after.output:
        says = "a result of another kind"
        yield subject.finding("output", "breaking for replies", says, before.output, after.output)
    if not old or not new or set(old) == set(new):
        return
    lost = [place for place in old if not any(_overlap(place, other) for other in new)]
    if lost:
        response = {place.split("/")[1]: None for place in new}
        says = f"the docs no longer show {', '.join(lost)} in a result"
        yield subject.finding("result", "breaking for replies", says, list(old), list(new), witness=response)
    else:
        yield subject.finding("result", "compatible", "the docs show more of a result", list(old), list(new))


def _overlap(place: str, other: str) -> bool:
    """Whether one pointer is a prefix of the other."""
    return f"{place}/".startswith(f"{other}/") or f"{other}/".startswith(f"{place}/")


def _price(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, subject: Subject) -> Iterator[Finding]:
    old, new = ({key: (price or {}).get(key) for key in _PRICE_KEYS} for price in (before, after))
    if not same_price(old, new):
        yield subject.finding(
            "price", "price", f"{price_text(before)}, now {price_text(after)}", _bare(old), _bare(new)
        )
    elif ((before or {}).get("note") or "") != ((after or {}).get("note") or ""):
        was, now = ((price or {}).get("note", NOTHING) for price in (before, after))
        yield subject.finding("price/note", "docs only", "another note on the price", was, now)


def price_text(price: Mapping[str, Any] | None) -> str:
    """A price as text."""
    if not price or price.get("certainty") == "unknown":
        return "an unstated price"
    least = "at least " if price["certainty"] == "at least" else ""
    rules = len(price.get("rules") or ())
    amount = f"{price['amount']} {price['currency']} a {price['unit']}" if price.get("amount") else ""
    parts = (least + amount if amount else "", f"{rules} rule{'s' * (rules != 1)} in {price['currency']}" * bool(rules))
    return " and ".join(part for part in parts if part)


def _bare(price: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in price.items() if value}


def _media(before: ModelFacts, after: ModelFacts, subject: Subject) -> Iterator[Finding]:
    if not alike(before.media, after.media):
        says = "media facts that no input field sets"
        yield subject.finding("media", "breaking for replies", says, dict(before.media), dict(after.media))
