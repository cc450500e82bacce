"""Reading bodies: JSON, forms and bytes; an unreadable body is rejected with the reason, at little cost."""

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.contract.messages.body import DEEPEST, MOST_FIELDS, MOST_VALUES, read_body, read_query
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Request
from mockreel.contract.operations import BodyKind

OPERATION = load_contract("encore", root=FOURTH).operation("create_job")
MULTIPART = "multipart/form-data; boundary=b"


def read(body: bytes, content_type: str | None = None, *, kind: BodyKind = "json", required: bool = True) -> Any:
    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    operation = dataclasses.replace(OPERATION, body=kind, body_required=required)
    return read_body(Request("POST", "/", headers, b"", body, "http://mock.test"), operation)


def rejected(body: bytes, content_type: str | None = None, *, kind: BodyKind = "json") -> tuple[str, Mapping[str, Any]]:
    with pytest.raises(ErrorResponse) as caught:
        read(body, content_type, kind=kind)
    return caught.value.row, caught.value.values


def part(name: str, value: str, *, more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'.encode()


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "text/JSON", None])
def test_json_is_read_without_a_content_type(content_type: str | None) -> None:
    """Any type that names JSON will do, and none."""
    assert read(b'{"a": [1, null]}', content_type) == {"a": [1, None]}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1,]",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":"\xff"}',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"'a'",
        b"\x00",
        b'{"a":"\x01"}',
    ],
)
def test_what_is_no_json_is_rejected_with_the_reason(body: bytes) -> None:
    """NaN, infinities, half surrogates, a byte order mark and a second value are no JSON."""
    row, values = rejected(body, "application/json")

    assert row == "malformed-json"
    assert values["reason"]


def test_a_key_given_twice_counts_with_its_last_value() -> None:
    """As most parsers have it."""
    assert read(b'{"a":1,"a":2}') == {"a": 2}


def test_an_integer_beyond_64_bits_becomes_a_float() -> None:
    """It is a number still, and no error of the mock server."""
    assert read(b"123456789012345678901234567890") == pytest.approx(1.2345678901234568e29)


@pytest.mark.parametrize("shape", [b'{"a":', b"[", b'[{"a":'])
def test_a_body_nested_too_deep_is_rejected(shape: bytes) -> None:
    """A deeper body could be read, but not written again."""
    close = shape.replace(b'"a":', b"").translate(bytes.maketrans(b"[{", b"]}"))[::-1]
    levels = shape.count(b"{") + shape.count(b"[")
    turns = DEEPEST // levels

    fits = shape * turns + b"1" + close * turns
    assert orjson.dumps(read(fits))
    assert rejected(shape * (turns + 1) + b"1" + close * (turns + 1))[0] == "malformed-json"
    assert rejected(shape * 50_000 + b"1" + close * 50_000)[0] == "malformed-json"


def test_a_wide_body_is_not_rejected_as_deep() -> None:
    """Many lists beside each other are fine."""
    assert len(read(b"[" + b",".join([b'[{"a":"[[[["}]'] * 1000) + b"]")) == 1000


def test_a_body_of_too_many_values_is_rejected_before_it_is_parsed() -> None:
    """By its commas and brackets: as a tree it would take twenty times its memory."""
    most = b"[" + b",".join([b"[]"] * (MOST_VALUES // 2 - 1)) + b"]"
    more = b"[" + b",".join([b"0"] * (MOST_VALUES + 2)) + b"]"

    assert len(read(most)) == MOST_VALUES // 2 - 1
    name, values = rejected(more)
    assert name == "malformed-json"
    assert f"more than {MOST_VALUES:,} values" in values["reason"]


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=b", "application/xml", ""])
def test_another_type_than_json_is_rejected_by_its_name(content_type: str) -> None:
    """The row gets the type as it was sent."""
    assert rejected(b"{}", content_type) == ("wrong-content-type", {"content_type": content_type})


def test_an_empty_body_is_rejected_only_where_one_is_needed() -> None:
    """An optional body that is absent is None."""
    assert rejected(b"") == ("malformed-json", {"reason": "the body is empty"})
    assert read(b"", required=False) is None


def test_bytes_are_read_unchanged_and_an_unused_body_is_not_read() -> None:
    """Whatever their type says."""
    assert read(b"\xff{", "application/json", kind="bytes") == b"\xff{"
    assert read(b"\xff{", "application/json", kind="none") is None


def test_a_form_of_fields_and_files_is_read() -> None:
    """As a client library sends it: names, file names, types and bytes arrive as they were."""
    sent = httpx2.Request(
        "POST",
        "http://mock.test",
        data={"note": "höher", "empty": ""},
        files={"file": ("Bild ä.png", b"\x89PNG\r\n--\r\n\x00", "image/png"), "other": ("x", b"")},
    )

    form = read(sent.read(), sent.headers["content-type"], kind="form")

    assert form.fields == {"note": "höher", "empty": ""}
    assert form.files["file"].data == b"\x89PNG\r\n--\r\n\x00"
    assert (form.files["file"].filename, form.files["file"].mime) == ("Bild ä.png", "image/png")
    assert (form.files["other"].data, form.files["other"].mime) == (b"", "application/octet-stream")


def test_the_last_of_several_fields_with_one_name_counts() -> None:
    """In both sorts of form."""
    assert read(part("a", "1") + part("a", "2") + b"--b--\r\n", MULTIPART, kind="form").fields == {"a": "2"}
    assert read(b"a=1&a=2", "application/x-www-form-urlencoded", kind="form").fields == {"a": "2"}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=8))
def test_an_urlencoded_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    """Any text, in names and values."""
    body = urlencode(fields, encoding="utf-8", errors="replace").encode()

    found = read(body, "application/x-www-form-urlencoded", kind="form")

    expected = {_sent(name): _sent(value) for name, value in fields.items()}
    assert found == Form(expected, {})


def _sent(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


WHOLE = part("note", "x") + part("file", "data", more='; filename="f"') + b"--b--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"--c\r\n" + WHOLE[5:],
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; filename="f"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\nBad Header: x\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\nx\r\n--b--\r\n",
        b"--b\r\nX: " + b"y" * 10_000 + b"\r\n\r\nx\r\n--b--\r\n",
        part("f", "!", more='; filename="f"\r\nContent-Transfer-Encoding: base64') + b"--b--\r\n",
    ],
)
def test_a_broken_multipart_form_is_rejected(body: bytes) -> None:
    """With the reason, and never half read."""
    assert rejected(body, MULTIPART, kind="form")[0] == "malformed-json"


@pytest.mark.parametrize("end", range(0, len(WHOLE) - 4, 7))
def test_a_multipart_form_that_was_cut_short_is_rejected(end: int) -> None:
    """A client that hung up has not sent a smaller form."""
    assert read(WHOLE, MULTIPART, kind="form").fields == {"note": "x"}
    assert rejected(WHOLE[:end], MULTIPART, kind="form")[0] == "malformed-json"


@given(st.data())
def test_whatever_is_sent_as_a_form_is_read_or_rejected(data: st.DataObject) -> None:
    """Also a form with bytes inserted, removed and doubled."""
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        piece = data.draw(st.sampled_from([b"", b"\r\n", b"--b", b"\x00", b"\xff", b'"', b";", b":", b"--b--"]))
        body[at : at + data.draw(st.integers(0, 3))] = piece
    content_type = data.draw(st.sampled_from([MULTIPART, "multipart/form-data", MULTIPART + "\xff", 'a; boundary="']))

    try:
        form = read(bytes(body), content_type, kind="form")
    except ErrorResponse as no:
        assert no.row in ("malformed-json", "wrong-content-type")  # noqa: PT017
    else:
        assert isinstance(form, Form)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"".join(part(f"n{n}", "") for n in range(MOST_FIELDS + 1)) + b"--b--\r\n", MULTIPART),
        (b"&".join(b"n%d=" % n for n in range(MOST_FIELDS + 1)), "application/x-www-form-urlencoded"),
        (b"&" * 8_000_000, "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_of_too_many_fields_is_rejected(body: bytes, content_type: str) -> None:
    """A form of a million fields would keep the server busy for seconds."""
    assert rejected(body, content_type, kind="form")[0] == "malformed-json"


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "multipart/form-data", "multipart/mixed; boundary=b"]
)
def test_what_is_not_a_form_is_rejected_by_its_type(content_type: str | None) -> None:
    """Also a multipart form that does not say where its parts end."""
    row, values = rejected(WHOLE, content_type, kind="form")

    assert row == "wrong-content-type"
    assert values == {"content_type": content_type or ""}


@given(st.lists(st.tuples(st.text(min_size=1, max_size=6), st.text(max_size=6)), max_size=5))
def test_a_query_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    """The last of several parameters with one name counts."""
    query = urlencode(pairs, errors="replace").encode()

    assert read_query(query) == {_sent(name): _sent(value) for name, value in pairs}


@given(st.binary(max_size=40))
def test_any_bytes_are_some_query(query: bytes) -> None:
    """Any text after the question mark can be read."""
    assert all(isinstance(value, str) for value in read_query(query).values())
