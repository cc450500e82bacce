"""Whether one schema accepts all that another does: the table of known answers, and what a witness is."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest
from drift.pairs import BASE, PAIRS, Pair, obj

from mockreel.drift.finding import NOTHING
from mockreel.drift.witness.inclusion import Inclusion, includes
from mockreel.drift.witness.schema_message import Message

# Questions that neither a proof nor a witness settles today; a smaller number is progress, and is written here.
UNDECIDED = 5


def sides(pair: Pair) -> tuple[Message, Message]:
    """The old and the new, each with its own files."""
    return _message(pair.old, pair.old_files), _message(pair.new, pair.new_files)


def _message(schema: Any, files: Mapping[str, Any]) -> Message:
    return Message(schema, at=f"{BASE}root.json", documents={BASE + name: file for name, file in files.items()})


def test_the_table_is_large_enough_and_reaches_across_files() -> None:
    """At least sixty pairs, some of them in several files, each under a name of its own."""
    assert len({pair.name for pair in PAIRS}) == len(PAIRS) >= 60
    assert sum(bool(pair.old_files or pair.new_files) for pair in PAIRS) >= 5


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_no_answer_is_wrong(pair: Pair) -> None:
    """In both directions: `yes` and `no` are true; `unknown` is allowed."""
    old, new = sides(pair)

    assert includes(new, old).answer in ("unknown", "yes" if pair.forward else "no")
    assert includes(old, new).answer in ("unknown", "yes" if pair.backward else "no")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_witness_is_accepted_by_one_side_and_rejected_by_the_other(pair: Pair) -> None:
    """Every `no` comes with a value, and the validators that check messages agree with it."""
    old, new = sides(pair)

    for wider, narrower in ((new, old), (old, new)):
        found = includes(wider, narrower)
        if found.answer == "no":
            assert _validator(narrower).is_valid(found.witness)
            assert not _validator(wider).is_valid(found.witness)
        else:
            assert found.witness is NOTHING


def test_the_undecided_are_counted() -> None:
    """The number of pairs with an unknown result."""
    answers = [includes(*order).answer for pair in PAIRS for order in (sides(pair), sides(pair)[::-1])]

    assert answers.count("unknown") == UNDECIDED


def test_a_witness_is_small() -> None:
    """People read it."""
    old = obj(length={"enum": [4, 6, 8]}, prompt={"type": "string"})
    new = obj(length={"enum": [4, 8]}, prompt={"type": "string"})

    assert includes(Message(new), Message(old)) == Inclusion("no", {"length": 6})


def test_what_the_engine_cannot_compare_is_unknown_and_never_proved() -> None:
    """A schema that the engine cannot compare is searched for witnesses."""
    odd = {"type": "string", "pattern": "(?=a)(?!b)a"}

    assert includes(Message({"type": "string", "pattern": "^[^b]*a"}), Message(odd)).answer == "unknown"


def _validator(message: Message) -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry(
        [(message.at, message.schema), *message.documents.items()], draft=jsonschema_rs.Draft202012
    )
    return jsonschema_rs.Draft202012Validator(
        {"$ref": message.at}, registry=registry, validate_formats=True, offline=True
    )
