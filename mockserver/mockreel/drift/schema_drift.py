"""Compare two versions of a schema: whom the difference breaks, and in which part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from mockreel.drift.finding import BREAKING, NOTHING, VERDICTS, Finding, Verdict
from mockreel.drift.witness.canonical_schema import unordered
from mockreel.drift.witness.field_differences import Fields, overlaid
from mockreel.drift.witness.inclusion import includes, same
from mockreel.drift.witness.json_difference import differences
from mockreel.drift.witness.schema_message import Message

Direction = Literal["requests", "replies"]
# Annotations: no message is rejected for them.
_NOTES = ("title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_HARMLESS: tuple[Verdict, ...] = ("compatible", "docs only")
_VERBATIM = ("const", "enum", "required", "dependentRequired", "type")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared: the prefix of its findings' ids, its place, and the sources of both versions."""

    id: str
    where: str
    sources: tuple[str, ...] = ()

    def finding(
        self, aspect: str, verdict: Verdict, says: str, before: Any, after: Any, *, witness: Any = NOTHING
    ) -> Finding:
        """A finding about one aspect of the subject; the aspect is a JSON pointer, a name, or both."""
        return Finding(
            f"{self.id}/{aspect.lstrip('/')}" if aspect else self.id,
            f"{self.where} {aspect}".rstrip(),
            before,
            after,
            verdict,
            says,
            witness,
            self.sources,
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the difference, and the receiver's schema if nothing but this part had changed."""

    at: str
    sent: Any
    received: Any
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Sender and receiver: the older schema sends requests, the newer one sends responses."""

    before: Message
    after: Message
    direction: Direction

    @property
    def sender(self) -> Message:
        return self.before if self.direction == "requests" else self.after

    @property
    def receiver(self) -> Message:
        return self.after if self.direction == "requests" else self.before

    def verdict(self) -> tuple[Verdict, Any]:
        """Whom the change breaks, with the witness."""
        judged, witness = self.against(self.receiver)
        both = (self.before, self.after)
        if judged == "compatible" and includes(*both).answer == "yes" and includes(*reversed(both)).answer == "yes":
            return "docs only", NOTHING
        return judged, witness

    def against(self, receiver: Message) -> tuple[Verdict, Any]:
        """Whether a receiver accepts all messages of the sender, which uses only fields that its own docs name."""
        found = includes(receiver, closed(self.sender, receiver))
        if found.answer == "no":
            return (BREAKING[0] if self.direction == "requests" else BREAKING[1]), found.witness
        return ("compatible" if found.answer == "yes" else "unknown"), NOTHING

    def holds(self, witness: Any) -> bool:
        """Whether a witness against a part is also one against the whole."""
        sender, receiver = self.sender.settled("sender").validator(), self.receiver.settled("receiver").validator()
        return bool(sender.is_valid(witness)) and not receiver.is_valid(witness)

    def finding(self, part: _Part, whole: Verdict, subject: Subject) -> Finding:
        """The finding for one part of the difference."""
        requests = self.direction == "requests"
        before, after = (part.sent, part.received) if requests else (part.received, part.sent)
        judged, witness = self.against(replace(self.receiver, schema=part.schema))
        if judged in BREAKING and not self.holds(witness):
            judged, witness = "unknown", NOTHING
        if whole in _HARMLESS and judged not in _HARMLESS:
            judged, witness = whole, NOTHING
        if judged == "compatible" and whole == "docs only":
            judged = whole
        return subject.finding(part.at, judged, _description(before, after, judged), before, after, witness=witness)


def schema_findings(before: Message, after: Message, direction: Direction, subject: Subject) -> Iterator[Finding]:
    """The differences between two versions of a schema, field by field where they can be separated.

    Both the parts and the whole are judged: a part breaks nothing if the whole does not, and a break that no part
    explains is reported for the whole.
    """
    comparison = _Comparison(
        replace(before, schema=bare(before.schema)), replace(after, schema=bare(after.schema)), direction
    )
    if same(comparison.before, comparison.after):
        return
    whole, witness = comparison.verdict()
    found = [comparison.finding(part, whole, subject) for part in _parts(comparison.sender, comparison.receiver)]
    if not any(VERDICTS.index(finding.verdict) <= VERDICTS.index(whole) for finding in found):
        found.append(_of_whole(comparison.before, comparison.after, whole, witness, subject))
    lost = list(_removed_fields(comparison, subject))
    found = [finding for finding in found if not _is_reported(finding, lost)]
    yield from found
    yield from (one for one in lost if all(one.id != finding.id for finding in found))


def _removed_fields(comparison: _Comparison, subject: Subject) -> Iterator[Finding]:
    """Fields that are no longer documented: a client may read one in vain, or send one with an unknown effect."""
    verdict: Verdict = "breaking for replies" if comparison.direction == "replies" else "unknown"
    says = {
        "replies": "a documented field of the response is gone",
        "requests": "gone; the docs do not say how it is handled",
    }
    for at, schema in Fields(comparison.before, comparison.after).removed():
        yield subject.finding(at, verdict, says[comparison.direction], schema, NOTHING)


def _is_reported(finding: Finding, lost: list[Finding]) -> bool:
    """Whether a finding only repeats that a field is gone."""
    below = any(f"{one.id}/".startswith(f"{finding.id}/") or finding.id.endswith("/schema") for one in lost)
    return below and VERDICTS.index(finding.verdict) >= VERDICTS.index(lost[0].verdict)


def closed(sender: Message, receiver: Message) -> Message:
    """The sender's schema without the fields that only the receiver names: no client sends an undocumented field."""
    documents = {
        at: overlaid(schema, Fields(_of(schema, at, sender), _of(receiver.documents[at], at, receiver)).foreign())
        if at in receiver.documents
        else schema
        for at, schema in sender.documents.items()
    }
    return replace(sender, schema=overlaid(sender.schema, Fields(sender, receiver).foreign()), documents=documents)


def _of(schema: Any, at: str, message: Message) -> Message:
    return Message(schema, at=at, documents=message.documents)


def _of_whole(before: Message, after: Message, whole: Verdict, witness: Any, subject: Subject) -> Finding:
    places = list(differences(before.schema, after.schema))
    for address in dict.fromkeys((*before.documents, *after.documents)):
        old, new = (side.documents.get(address, NOTHING) for side in (before, after))
        places += differences(old, new, path=(address.rpartition("/")[2],))
    olds = {place.pointer or "/": place.before for place in places if place.before is not NOTHING}
    news = {place.pointer or "/": place.after for place in places if place.after is not NOTHING}
    return subject.finding("schema", whole, _description(olds, news, whole), olds, news, witness=witness)


def _description(before: Any, after: Any, judged: Verdict) -> str:
    what = "new" if before is NOTHING else "gone" if after is NOTHING else "changed"
    why: Mapping[str, str] = {
        "breaking for requests": "the new schema rejects a request that the old one accepts",
        "breaking for replies": "the new schema allows a response that the old one does not",
        "unknown": "neither a proof nor a counterexample was found",
        "compatible": "proved: nothing that works today breaks",
        "docs only": "proved: both accept the same messages",
    }
    return f"{what}; {why[judged]}"


def bare(schema: Any) -> Any:
    """A schema without annotations."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: bare(one) for name, one in value.items()}
        if key in _MAPS and isinstance(value, Mapping)
        else (value if key in _VERBATIM else bare(value))
        for key, value in schema.items()
        if key not in _NOTES and not key.startswith("x-")
    }


def _parts(sender: Message, receiver: Message) -> Iterator[_Part]:
    """The parts of a difference between two objects; none if it cannot be separated."""
    sent, received = sender.schema, receiver.schema
    if not (_is_plain(sent) and _is_plain(received)):
        return
    for name in dict.fromkeys((*sent["properties"], *received["properties"])):
        ours, theirs = _field(sent, name), _field(received, name)
        if not _same(ours, theirs):
            yield _Part(f"/properties/{name}", ours, theirs, _with_field(sent, received, name))
    for key in dict.fromkeys((*sent, *received)):
        ours, theirs = sent.get(key, NOTHING), received.get(key, NOTHING)
        if key not in ("properties", "required", "$defs") and not _same(ours, theirs, key):
            others = {other: value for other, value in sent.items() if other != key}
            yield _Part(f"/{key}", ours, theirs, others | _only(received, key))


def _same(ours: Any, theirs: Any, keyword: str = "not") -> bool:
    """Whether two schemas, or their values of one keyword, differ only in order."""
    if ours is NOTHING or theirs is NOTHING:
        return ours is theirs
    return unordered({keyword: ours}) == unordered({keyword: theirs})


def _is_plain(schema: Any) -> bool:
    return isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping) and "$ref" not in str(schema)


def _field(schema: Mapping[str, Any], name: str) -> Any:
    """A field's schema, with `required` inside it as in OpenAPI 2."""
    needed = name in schema.get("required", ())
    stated = schema["properties"].get(name, {} if needed else NOTHING)
    return {**stated, "required": True} if needed and isinstance(stated, Mapping) else stated


def _with_field(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One schema with one field of the other."""
    fields = {key: value for key, value in old["properties"].items() if key != name} | _only(new["properties"], name)
    needed = [key for key in old.get("required", ()) if key != name]
    return {**old, "properties": fields, "required": needed + [name] * (name in new.get("required", ()))}


def _only(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: mapping[key]} if key in mapping else {}
