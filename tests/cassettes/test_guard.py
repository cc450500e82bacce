"""The last look before a cassette is written."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mockreel.cassettes.cassette import Exchange, InboundCallback
from mockreel.cassettes.cassette_errors import SecretLeft
from mockreel.cassettes.redaction.final_check import Guard, on_the_wire

KEY = "correct-horse-1234"
GUARD = Guard({KEY: "the key"}, [])
PATH = Path("one.yaml")


def check(document: Any, replaced: dict[str, str] | None = None, wire: dict[str, str] | None = None) -> list[str]:
    """The places that are refused."""
    try:
        GUARD.check(PATH, yaml.safe_dump(document), replaced or {}, wire or {})
    except SecretLeft as refused:
        return list(refused.places)
    return []


def cassette(**parts: Any) -> dict[str, Any]:
    request = {"method": "GET", "uri": "https://api.x.dev/a", "headers": {}, "body": None, **parts.pop("request", {})}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": ""}, **parts}
    return {"version": 1, "interactions": [{"request": request, "response": response}]}


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"request": {"uri": f"https://api.x.dev/a?k={KEY}"}}, "/interactions/0/request/uri: the key"),
        ({"request": {"headers": {"Auth": [f"x {KEY}"]}}}, "/interactions/0/request/headers/Auth/0: the key"),
        ({"body": {"string": f'{{"a": [{{"b": "{KEY}"}}]}}'}}, "/interactions/0/response/body/string:/a/0/b: the key"),
        ({"body": {"string": f'{{"{KEY}": 1}}'}}, "/interactions/0/response/body/string: (a name): the key"),
        ({"body": {"string": '{"a": "Y29ycmVjdC1ob3JzZS0xMjM0"}'}}, "/interactions/0/response/body/string:/a: the key"),
        ({"body": {"string": KEY.encode() + b"\xff"}}, "/interactions/0/response/body/string: the key"),
        (
            {"headers": {"Set-Cookie": ["Cookie: sid=hunter22"]}},
            "/interactions/0/response/headers/Set-Cookie/0: a cookie",
        ),
    ],
)
def test_a_secret_is_refused_with_its_place(parts: Any, place: str) -> None:
    """The exchange, the part of it, and the pointer in its body."""
    assert place in check(cassette(**parts))


def test_what_is_folded_over_lines_is_found() -> None:
    """In the file as it will be read, and in the file as it is."""
    long = " ".join(["word"] * 14 + [KEY] + ["word"] * 14)

    assert check(cassette(body={"string": long}))
    assert "somewhere in the file: the key" in check(cassette(body={"string": KEY}))


def test_what_scrubbing_replaced_may_stand_nowhere() -> None:
    """Short texts and plain words may: they stand anywhere by chance."""
    replaced = {"org-88213377": "a replaced id", "running": "a replaced text", "7s": "a replaced text"}

    assert check(cassette(body={"string": "at org-88213377"}), replaced) == [
        "/interactions/0/response/body/string: a replaced id"
    ]
    assert check(cassette(body={"string": "running 7s"}), replaced) == []


def test_the_error_says_where_and_never_what() -> None:
    """And what to do."""
    with pytest.raises(
        SecretLeft, match=r"(?s)one\.yaml was not written.*\n  /interactions.*\n.*conversation\.yaml"
    ) as raised:
        GUARD.check(PATH, yaml.safe_dump(cassette(body={"string": KEY})), {}, {})

    assert KEY not in str(raised.value)


def test_what_came_over_the_wire_is_known_without_scrubbing() -> None:
    """Cookies, credentials, queries of addresses, persons, ids: by their form, on both sides and in callbacks."""
    requested = (("Authorization", "Bearer abcdefgh1"), ("Cookie", "sid=q9w8e7r6"), ("Accept", "application/json"))
    reported = (("Set-Cookie", "edge=z1x2c3v4; Path=/"), ("Location", "https://x.dev/a?sig=a1s2d3f4"))
    body = b'{"in": "{\\"who\\": \\"ada@engines.io\\"}", "id": "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e"}'
    call = InboundCallback("https://me:hunter22@y.dev/in", (("X-Signature", "f00dfeed1234"),), b'"205228793800781414"')
    found = on_the_wire([Exchange("GET", "https://x.dev/a?k=tok_1234", requested, body, 200, reported, b"")], [call])

    assert {
        "abcdefgh1", "q9w8e7r6", "z1x2c3v4", "a1s2d3f4", "ada@engines.io", "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e",
        "hunter22", "f00dfeed1234", "205228793800781414", "tok_1234",
    } <= set(found)  # fmt: skip
    assert "application/json" not in found


def test_examples_are_no_secrets() -> None:
    """What we send ourselves, and what nobody owns."""
    requested = (("Authorization", "Bearer invalid-mockreel-record"),)
    found = on_the_wire([Exchange("GET", "https://example.com/a.png", requested, b'"me@example.com"', 200, (), b"")])

    assert found == {}
