"""Query parameters, typed as their schemas say, and body envelopes."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import FilePart, Form
from mockreel.contract.messages.query import Queries

CONTRACT = load_contract("encore", root=FOURTH)
QUERIES = Queries(CONTRACT.schemas)


def read(query: bytes) -> Any:
    return QUERIES.read(CONTRACT.operation("list_jobs"), query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", {}),
        (b"limit=5", {"limit": 5}),
        (b"limit=5&limit=6", {"limit": 6}),
        (b"oldest=true&word=done", {"word": "done", "oldest": True}),
        (b"oldest=false", {"oldest": False}),
        (b"since=1.5", {"since": 1.5}),
        (b"since=-1e3", {"since": -1000.0}),
        (b"since=7", {"since": 7.0}),
        (b"other=1&key=secret", {}),
        (b"limit=%35", {"limit": 5}),
    ],
)
def test_declared_parameters_arrive_typed(query: bytes, expected: dict[str, Any]) -> None:
    """What is not declared is left out."""
    found = read(query)

    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


@pytest.mark.parametrize(
    ("query", "keyword"),
    [
        (b"limit=0", "minimum"),
        (b"limit=51", "maximum"),
        (b"limit=", "type"),
        (b"limit=--5", "type"),
        (b"limit=5.0", "type"),
        (b"limit=1_0", "type"),
        (b"limit=+5", "type"),
        (b"limit=%D9%A3", "type"),
        (b"limit=05", "type"),
        (b"limit=" + b"9" * 5000, "type"),
        (b"oldest=True", "type"),
        (b"oldest=1", "type"),
        (b"since=nan", "type"),
        (b"since=inf", "type"),
        (b"since=1e999", "type"),
        (b"since=%205", "type"),
        (b"since=" + b"9" * 5000, "type"),
        (b"word=sleeping", "enum"),
    ],
)
def test_what_does_not_fit_its_schema_is_rejected(query: bytes, keyword: str) -> None:
    """With the parameter's name and the broken rule; numbers are written as JSON writes them."""
    with pytest.raises(ErrorResponse) as caught:
        read(query)

    (found,) = caught.value.violations
    assert caught.value.row == "invalid-query"
    assert found.path == ("query", query.partition(b"=")[0].decode())
    assert found.keyword == keyword


def test_all_parameters_at_fault_are_named() -> None:
    """Not only the first."""
    with pytest.raises(ErrorResponse) as caught:
        read(b"limit=0&word=no&oldest=true")

    assert [violation.path for violation in caught.value.violations] == [("query", "limit"), ("query", "word")]


@given(st.dictionaries(st.sampled_from(["limit", "word", "oldest", "since"]), st.text(max_size=12)))
def test_any_query_is_typed_or_rejected(fields: dict[str, str]) -> None:
    """Nothing that can be written behind a question mark breaks it."""
    try:
        read(urlencode(fields, errors="replace").encode())
    except ErrorResponse as no:
        assert no.row == "invalid-query"  # noqa: PT017


@pytest.mark.parametrize(
    ("body", "path", "keyword"),
    [
        ({}, ("model",), "required"),
        ({"model": 1, "input": {}}, ("model",), "type"),
        ({"model": "solo", "input": {}, "tell": "no url"}, ("tell",), "format"),
        ([], (), "type"),
    ],
)
def test_a_body_is_judged_by_the_operations_own_schema(body: Any, path: tuple[str, ...], keyword: str) -> None:
    """References to the common documents resolve, formats are checked."""
    found = QUERIES.body_violations(CONTRACT.operation("create_job"), body)

    assert (path, keyword) in [(violation.path, violation.keyword) for violation in found]


def test_a_body_that_fits_has_no_violation() -> None:
    """And neither has one that was left out where it may be."""
    assert not QUERIES.body_violations(CONTRACT.operation("create_job"), {"model": "solo", "input": {}})
    assert not QUERIES.body_violations(CONTRACT.operation("echo"), None)


def test_a_form_is_judged_by_its_fields_and_the_names_of_its_files() -> None:
    """A file counts as there, whatever is in it."""
    operation = CONTRACT.operation("send_file")
    file = FilePart("file", "a", "text/plain", b"")

    assert not QUERIES.body_violations(operation, Form({"note": "x"}, {"file": file}))
    (missing,) = QUERIES.body_violations(operation, Form({"note": "x"}, {}))
    (long,) = QUERIES.body_violations(operation, Form({"note": "x" * 41}, {"file": file}))
    assert (missing.path, long.path) == (("file",), ("note",))
