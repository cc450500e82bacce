"""Compare two versions of a schema: whom the difference breaks, and which part of it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from mockreel.drift.finding import BREAKING, NOTHING, VERDICTS, Finding, Verdict
from mockreel.drift.witness.canonical_schema import unordered
from mockreel.drift.witness.declared_fields import Fields, overlaid
from mockreel.drift.witness.inclusion import includes, same
from mockreel.drift.witness.json_difference import differences
from mockreel.drift.witness.schema_message import Message

Direction = Literal["requests", "replies"]
# What a schema says to people and tools, and what no message is refused for.
_WORDS = ("title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_HARMLESS: tuple[Verdict, ...] = ("compatible", "docs only")
_VERBATIM = ("const", "enum", "required", "dependentRequired", "type")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared: the beginning of its findings' ids, where it stands, and where both versions came from."""

    id: str
    where: str
    sources: tuple[str, ...] = ()

    def finding(
        self, aspect: str, verdict: Verdict, says: str, before: Any, after: Any, *, witness: Any = NOTHING
    ) -> Finding:
        """A finding about one aspect of the subject; the aspect is a JSON pointer, a word, or both."""
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
class _Talk:
    """Who sends and who receives: of requests what is held sends, of responses what is new."""

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
        """Whether a receiver takes all that is sent; who sends, sends only what its own docs name."""
        found = includes(receiver, closed(self.sender, receiver))
        if found.answer == "no":
            return (BREAKING[0] if self.direction == "requests" else BREAKING[1]), found.witness
        return ("compatible" if found.answer == "yes" else "unknown"), NOTHING

    def holds(self, witness: Any) -> bool:
        """Whether a witness against a part is one against the whole as well."""
        sender, receiver = self.sender.settled("sender").validator(), self.receiver.settled("receiver").validator()
        return bool(sender.is_valid(witness)) and not receiver.is_valid(witness)

    def finding(self, part: _Part, whole: Verdict, subject: Subject) -> Finding:
        """What one part of the difference does."""
        requests = self.direction == "requests"
        before, after = (part.sent, part.received) if requests else (part.received, part.sent)
        judged, witness = self.against(replace(self.receiver, schema=part.schema))
        if judged in BREAKING and not self.holds(witness):
            judged, witness = "unknown", NOTHING
        if whole in _HARMLESS and judged not in _HARMLESS:
            judged, witness = whole, NOTHING
        if judged == "compatible" and whole == "docs only":
            judged = whole
        return subject.finding(part.at, judged, _said(before, after, judged), before, after, witness=witness)


def schema_findings(before: Message, after: Message, direction: Direction, subject: Subject) -> Iterator[Finding]:
    """The differences of two versions of a schema, field by field where they can be told apart.

    The parts are judged by themselves and the whole as well: a part breaks nothing if the whole does not, and a break
    that no part explains is reported of the whole.
    """
    talk = _Talk(replace(before, schema=bare(before.schema)), replace(after, schema=bare(after.schema)), direction)
    if same(talk.before, talk.after):
        return
    whole, witness = talk.verdict()
    found = [talk.finding(part, whole, subject) for part in _parts(talk.sender, talk.receiver)]
    if not any(VERDICTS.index(finding.verdict) <= VERDICTS.index(whole) for finding in found):
        found.append(_of_whole(talk.before, talk.after, whole, witness, subject))
    lost = list(_lost(talk, subject))
    found = [finding for finding in found if not _is_told(finding, lost)]
    yield from found
    yield from (one for one in lost if all(one.id != finding.id for finding in found))


def _lost(talk: _Talk, subject: Subject) -> Iterator[Finding]:
    """Documented fields that are documented no more: who reads one finds nothing; who sends one cannot know."""
    verdict: Verdict = "breaking for replies" if talk.direction == "replies" else "unknown"
    says = {
        "replies": "a documented field of the reply is gone",
        "requests": "gone; the docs do not say what becomes of it",
    }
    for at, schema in Fields(talk.before, talk.after).lost():
        yield subject.finding(at, verdict, says[talk.direction], schema, NOTHING)


def _is_told(finding: Finding, lost: list[Finding]) -> bool:
    """Whether what was found is nothing but that a field is gone."""
    below = any(f"{one.id}/".startswith(f"{finding.id}/") or finding.id.endswith("/schema") for one in lost)
    return below and VERDICTS.index(finding.verdict) >= VERDICTS.index(lost[0].verdict)


def closed(sender: Message, receiver: Message) -> Message:
    """The sender's schema without the fields that only the receiver names: nobody sends what no page of theirs has."""
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
    return subject.finding("schema", whole, _said(olds, news, whole), olds, news, witness=witness)


def _said(before: Any, after: Any, judged: Verdict) -> str:
    what = "new" if before is NOTHING else "gone" if after is NOTHING else "changed"
    why: Mapping[str, str] = {
        "breaking for requests": "the new schema refuses a request that the old one takes",
        "breaking for replies": "the new schema allows a reply that the old one does not know",
        "unknown": "neither a proof nor a counterexample was found",
        "compatible": "proved: nothing that works today breaks",
        "docs only": "proved: the same messages fit",
    }
    return f"{what}; {why[judged]}"


def bare(schema: Any) -> Any:
    """A schema without the words that no message is refused for."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: bare(one) for name, one in value.items()}
        if key in _MAPS and isinstance(value, Mapping)
        else (value if key in _VERBATIM else bare(value))
        for key, value in schema.items()
        if key not in _WORDS and not key.startswith("x-")
    }


def _parts(sender: Message, receiver: Message) -> Iterator[_Part]:
    """The parts of a difference between two objects; none where it cannot be taken apart."""
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


def _same(ours: Any, theirs: Any, word: str = "not") -> bool:
    """Whether two schemas, or what two schemas say under one word, differ in nothing but order."""
    if ours is NOTHING or theirs is NOTHING:
        return ours is theirs
    return unordered({word: ours}) == unordered({word: theirs})


def _is_plain(schema: Any) -> bool:
    return isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping) and "$ref" not in str(schema)


def _field(schema: Mapping[str, Any], name: str) -> Any:
    """A field's schema, with its being required written into it as OpenAPI 2 did."""
    needed = name in schema.get("required", ())
    stated = schema["properties"].get(name, {} if needed else NOTHING)
    return {**stated, "required": True} if needed and isinstance(stated, Mapping) else stated


def _with_field(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One schema with one field as the other has it."""
    fields = {key: value for key, value in old["properties"].items() if key != name} | _only(new["properties"], name)
    needed = [key for key in old.get("required", ()) if key != name]
    return {**old, "properties": fields, "required": needed + [name] * (name in new.get("required", ()))}


def _only(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: mapping[key]} if key in mapping else {}
