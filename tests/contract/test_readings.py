"""Readings: options, overlays and patches; a mistake in one is an error, never a silent nothing."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH

from mockreel.contract.readings import apply_overlay, changes, choose, read_readings
from mockreel.errors import DataError, OptionError

READINGS = read_readings(FOURTH / "contracts" / "encore" / "readings")
DOCUMENT: dict[str, Any] = {
    "info": {"title": "Encore"},
    "paths": {"/a": {"get": {"tags": ["x", "y", "x", "z"], "summary": None}, "put": {"tags": []}}},
    "x-own": {"wire": {"word": "a", "list": [1]}},
}


def overlaid(*actions: dict[str, Any]) -> Any:
    before = copy.deepcopy(DOCUMENT)
    result = apply_overlay(DOCUMENT, actions, where="openapi.json")
    assert before == DOCUMENT, "the document that was given was changed"
    return result


def test_every_reading_of_a_folder_is_read() -> None:
    """By its id, with its numbers, whether it has one, several or none; what is none is left out."""
    assert list(READINGS) == ["done-word", "envelope", "lenient-numbers"]
    assert [reading.numbers for reading in READINGS.values()] == [("1",), ("2", "3"), ()]
    assert READINGS["done-word"].default == "done"
    assert READINGS["done-word"].options["finished"].evidence.source == ("old-guide",)


def test_readings_have_their_default_unless_chosen() -> None:
    """Every reading has an option in the end."""
    assert choose(READINGS, {"envelope": "bare"}) == {
        "done-word": "done",
        "envelope": "bare",
        "lenient-numbers": "strict",
    }


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"envelop": "bare"}, r"reading: 'envelop' is not valid\. Valid: done-word, envelope, lenient-numbers"),
        ({"envelope": "none"}, r"option of the reading envelope: 'none' is not valid\. Valid: wrapped, bare"),
    ],
)
def test_an_unknown_name_is_rejected_with_the_known_ones(chosen: dict[str, str], says: str) -> None:
    """Readings and options alike."""
    with pytest.raises(OptionError, match=says):
        choose(READINGS, chosen)


def test_changes_come_in_the_order_of_ids_whatever_the_order_of_choosing() -> None:
    """So that the same choice is the same contract."""
    every = {"lenient-numbers": "lenient", "envelope": "bare", "done-word": "finished"}
    found = changes(READINGS, every)

    assert found == changes(READINGS, dict(sorted(every.items())))
    assert len(found.overlay) == 3
    assert sorted(found.patches) == ["contracts/encore/lifecycle.yaml", "schemas/encore/job.json"]


def test_an_update_merges_objects() -> None:
    """Deep, and `null` is a value in it."""
    result = overlaid({"target": "$['x-own'].wire", "update": {"word": None, "new": {"a": 1}}})

    assert result["x-own"]["wire"] == {"word": None, "list": [1], "new": {"a": 1}}


def test_an_update_of_a_list_adds_an_item_and_of_anything_else_replaces_it() -> None:
    """As the Overlay specification has it."""
    result = overlaid(
        {"target": "$['x-own'].wire.list", "update": 2},
        {"target": "$.info.title", "update": "Da capo"},
        {"target": "$.paths['/a'].get.summary", "update": "one"},
    )

    assert result["x-own"]["wire"]["list"] == [1, 2]
    assert result["info"]["title"] == "Da capo"
    assert result["paths"]["/a"]["get"]["summary"] == "one"


def test_an_update_of_the_root_is_one_like_any_other() -> None:
    """`null` removes nothing there either."""
    assert overlaid({"target": "$", "update": {"info": {"version": None}}})["info"] == {
        "title": "Encore",
        "version": None,
    }


def test_every_match_of_a_target_is_removed() -> None:
    """Also several items of one list, whose indexes move on removal."""
    result = overlaid({"target": "$.paths['/a'].get.tags[?@ == 'x']", "remove": True})
    assert result["paths"]["/a"]["get"]["tags"] == ["y", "z"]

    assert overlaid({"target": "$.paths['/a'].*.tags", "remove": True})["paths"]["/a"] == {
        "get": {"summary": None},
        "put": {},
    }


def test_a_later_action_sees_what_an_earlier_one_did() -> None:
    """They are applied in order."""
    result = overlaid(
        {"target": "$.info", "update": {"contact": {}}}, {"target": "$.info.contact", "update": {"name": "x"}}
    )

    assert result["info"]["contact"] == {"name": "x"}


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ({"target": "$.nothing", "update": {}}, r"target '\$\.nothing' selects nothing"),
        ({"target": "$[", "update": {}}, "is not a JSONPath"),
        ({"update": {}}, "is not a JSONPath"),
        ({"target": "$.info"}, "does not say what to do"),
        ({"target": "$.info", "remove": True, "update": {}}, "does not say what to do"),
        ({"target": "$", "remove": True}, "would leave no document"),
        ({"target": "$", "update": "x"}, "would leave no document"),
    ],
)
def test_an_action_that_does_nothing_is_an_error(action: dict[str, Any], says: str) -> None:
    """A reading that changes nothing would go unnoticed."""
    with pytest.raises(DataError, match=says):
        overlaid(action)


GOOD = """\
id: word
question: Which?
default: one
options:
  one: {says: this, evidence: documented, source: [guide]}
  two: {says: that, evidence: inferred, source: [ours], patch: {a.yaml: {b: 1}}}
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("id: word", "id: other"), r"the id is 'other'\. Expected 'word', as the file is"),
        (lambda text: text.replace("id: word\n", ""), "'id' is missing"),
        (
            lambda text: text.replace("default: one", "default: three"),
            r"'three' is not known\. Expected one of one, two",
        ),
        (lambda text: text.replace("question: Which?\n", ""), "'question' is missing"),
        (lambda text: text.replace("says: this, ", ""), r"/options /one: 'says' is missing"),
        (lambda text: text.replace("evidence: documented, ", ""), r"/options /one: 'evidence' is missing"),
        (lambda text: text.replace("documented", "heard"), r"'heard' is not known\. Expected one of documented"),
        (lambda text: text.replace("{a.yaml: {b: 1}}", "[x]"), "/patch: .* has the wrong type"),
        (lambda text: "- a", "its root is list"),
    ],
)
def test_a_reading_with_a_mistake_is_an_error(change: Callable[[str], str], says: str, tmp_path: Path) -> None:
    """That names the file and the place in it."""
    path = tmp_path / "word.yaml"
    path.write_text(GOOD)
    assert list(read_readings(tmp_path)) == ["word"]

    path.write_text(change(GOOD))

    with pytest.raises(DataError, match=says) as caught:
        read_readings(tmp_path)
    assert str(path) in caught.value.where
