"""Why a body is no JSON is in the journal, in words that say what to change; the provider's response stays its own."""

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from support.caller import Caller, MakeSimulator

from mockreel.contract.messages.content_encoding import CODINGS
from mockreel.contract.messages.json_problem import why_no_json

GOOD = orjson.dumps({"prompt": "a boat \u26f5", "secret": "hush-hush"})
PROVIDERS = {
    "runflow": ("/v1/models/google/veo3.1/lite/runs", {"input": {"prompt": "a boat", "duration": "4s"}}, 201),
    "aimlapi": ("/v2/video/generations", {"model": "google/veo-3.1-t2v", "prompt": "a boat"}, 200),
    "runninghub": ("/openapi/v2/query", {"taskId": "1"}, 200),
}
# What each provider's stack reads as it comes: a body parser of Node's unpacks these, FastAPI and Spring none.
READS = {"runflow": (), "aimlapi": ("gzip", "deflate"), "runninghub": ()}
PACKING: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}

BROKEN: dict[str, tuple[bytes, str]] = {
    "blank": (b" \r\n", "it is blank"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "byte order mark"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (GOOD.decode().encode("utf-16-le"), "UTF-16"),
    "UTF-32": (GOOD.decode().encode("utf-32-be"), "UTF-32"),
    "Latin-1": ('{"prompt": "é"}'.encode("latin-1"), "it is not UTF-8"),
    "a surrogate's bytes": (b'{"prompt": "\xed\xa0\xbd"}', "it is not UTF-8"),
    "half a pair, the first": (b'{"prompt": "\\ud83d"}', "half a surrogate pair"),
    "half a pair, the second": (b'{"prompt": "\\ude00!"}', "half a surrogate pair"),
    "gzip": (gzip.compress(GOOD), "it begins as gzip does, without a Content-Encoding"),
    "zlib": (zlib.compress(GOOD), "it begins as deflate (zlib) does"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(9), "it begins as zstd does"),
    "cut in a text": (GOOD[:12], "it ends in the middle, after 12 bytes"),
    "cut behind a text": (GOOD[:-1], f"it ends in the middle, after {len(GOOD) - 1} bytes"),
    "two of them": (GOOD + GOOD, "unexpected content after document"),
    "a form": (b"prompt=a+boat&n=1", "it is a form"),
    "a multipart form": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', "a multipart form"),
    "HTML": (b"<html>", "HTML or XML"),
    "Python's text": (b"{'prompt': 'a boat'}", "single quotes"),
    "Python's None": (b'{"prompt": None}', "JSON writes null"),
    "NaN": (b'{"n": NaN}', "NaN and Infinity"),
    "-Infinity": (b'{"n": -Infinity}', "NaN and Infinity"),
    "a last comma": (b'{"n": 1,}\n', "a comma stands before its last bracket"),
    "a comment": (b'{"n": 1} // one', "JSON has no comments"),
    "words": (b"hello", "(line 1, column 1)"),
    "a line break in a text": (b'{"prompt": "a\nb"}', "unexpected control character"),
}


def why(simulator: Any, name: str) -> str:
    """The reason of the newest exchange, which the control API and the log show."""
    entry = list(simulator.journal)[-1]
    assert entry.provider == name
    assert entry.row == "malformed-json"
    (violation,) = entry.violations
    return str(violation.message)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("what", BROKEN)
def test_the_reason_is_in_the_journal(provider: str, what: str, make_simulator: MakeSimulator) -> None:
    """For every provider, without the content of the body."""
    simulator = make_simulator(names=[provider])
    body, says = BROKEN[what]
    caller = Caller(simulator.provider(provider), "rf_live_one")
    output = caller("POST", PROVIDERS[provider][0], raw=body, headers={"content-type": "application/json"})

    assert says in why(simulator, provider)
    assert says not in output.response.body.decode()
    assert "hush" not in why(simulator, provider)


def test_an_empty_body_is_explained_too(make_simulator: MakeSimulator) -> None:
    """Where one is needed."""
    simulator = make_simulator(names=["runflow"])
    Caller(simulator.provider("runflow"), "rf_live_one")("POST", PROVIDERS["runflow"][0], raw=b"")

    assert why(simulator, "runflow") == "the body is empty"


@pytest.mark.parametrize("coding", [*CODINGS, "br", "zstd", "compress", "gzip, deflate", "x" * 500])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_packed_body_is_read_where_the_providers_stack_would(
    provider: str, coding: str, make_simulator: MakeSimulator
) -> None:
    """Else the reason names its coding."""
    simulator = make_simulator(names=[provider])
    path, body, status = PROVIDERS[provider]
    raw = PACKING.get(coding, gzip.compress)(orjson.dumps(body))
    headers = {"content-type": "application/json", "content-encoding": coding.upper()}
    output = Caller(simulator.provider(provider), "rf_live_one")("POST", path, raw=raw, headers=headers)

    if coding in READS[provider]:
        assert (output.status, list(simulator.journal)[-1].violations) == (status, ())
        assert list(simulator.journal)[-1].json == body
    else:
        assert why(simulator, provider) == (
            f"this provider is not known to read Content-Encoding: {coding[:40]}; send the body plain"
        )


SPOILT = {
    "not packed": (GOOD, "it cannot be unpacked as gzip (incorrect header check)"),
    "cut off": (gzip.compress(GOOD)[:-9], "it ends before its gzip does"),
    "with more behind it": (gzip.compress(GOOD) + b"12345", "5 bytes stand behind its gzip"),
    "a wrong sum": (gzip.compress(GOOD)[:-8] + bytes(8), "it cannot be unpacked as gzip (incorrect data check)"),
    "no JSON": (gzip.compress(b"[1,"), "it ends in the middle, after 3 bytes"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_cannot_be_decoded_is_explained(what: str, make_simulator: MakeSimulator) -> None:
    """With what is wrong with it."""
    simulator = make_simulator(names=["aimlapi"])
    body, says = SPOILT[what]
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    Caller(simulator.provider("aimlapi"), "rf_live_one")("POST", PROVIDERS["aimlapi"][0], raw=body, headers=headers)

    assert why(simulator, "aimlapi").startswith(says)


def test_a_bomb_is_not_unpacked(make_simulator: MakeSimulator) -> None:
    """Above the limit it is rejected as too large before it is decoded fully."""
    simulator = make_simulator(names=["aimlapi"], max_body=1000)
    caller = Caller(simulator.provider("aimlapi"), "rf_live_one")
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    for size, row in ((998, "invalid-body"), (10_000_000, "body-too-large")):
        raw = gzip.compress(b'"' + b"x" * size + b'"')
        if len(raw) > 1000:
            raw = raw[:1000]
        caller("POST", PROVIDERS["aimlapi"][0], raw=raw, headers=headers)
        assert list(simulator.journal)[-1].row == row


def test_a_reason_is_found_for_whatever_the_parser_stumbles_over() -> None:
    """It is never empty, and one line."""
    for end in range(len(GOOD)):
        for other in (b"", b"\0", b"'", b"\xff", b"}", b"\\u1"):
            body = GOOD[:end] + other
            try:
                orjson.loads(body)
            except orjson.JSONDecodeError as problem:
                reported = why_no_json(body, problem)
                assert reported
                assert "\n" not in reported
