"""Scrubbing: what is known and named stays, everything else becomes a placeholder that still links."""

import gzip
from typing import Any

import orjson
import pytest

from mockreel.cassettes.cassette import Exchange, InboundCallback
from mockreel.cassettes.recording_rules import read_rules
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor, RedactedCassette, unpacked
from mockreel.client.profile_file import read_profile
from mockreel.contract import load_contract

KEY = "rf_live_9fQ2xLw7ZpT4mVb1"
RUN = "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e"
ORG = "7d1f0e9a-3333-4abc-8def-0123456789ab"
API = "https://api.runflow.io"
JSON = (("content-type", "application/json"),)


def redactor(provider: str = "runflow") -> CassetteRedactor:
    contract = load_contract(provider)
    return CassetteRedactor(contract, read_profile(provider), read_rules(provider), known={KEY: "the key"})


def exchange(**parts: Any) -> Exchange:
    """A poll of a run, with one thing different."""
    reported = {"method": "GET", "uri": f"{API}/v1/runs/{RUN}", "headers": (), "body": b"", "status": 200}
    content = parts.pop("content", {"id": RUN, "status_code": "running"})
    return Exchange(**{**reported, "reply_headers": JSON, "reply": orjson.dumps(content), **parts})


def scrubbed(*exchanges: Exchange, provider: str = "runflow") -> RedactedCassette:
    return redactor(provider).redacted(exchanges)


def reply(raw: Exchange, provider: str = "runflow") -> Any:
    return orjson.loads(scrubbed(raw, provider=provider).exchanges[0].reply)


def test_ids_are_replaced_alike_everywhere_so_that_they_still_link() -> None:
    """In addresses, bodies, headers and sentences, of the form that they had."""
    submit = exchange(method="POST", uri=f"{API}/v1/models/google/veo3.1/lite/runs", status=201)
    gone = exchange(status=404, content={"code": "RUN_NOT_FOUND", "message": f"No run {RUN} here."})
    first, second, third = scrubbed(submit, exchange(), gone).exchanges
    id_ = orjson.loads(first.reply)["id"]

    assert id_ == "00000000-0000-7000-8000-000000000001"
    assert second.uri == f"{API}/v1/runs/{id_}"
    assert orjson.loads(third.reply)["message"] == f"No run {id_} here."


def test_what_is_learnt_last_is_replaced_in_what_came_first() -> None:
    """A name in a sentence is known from the field that follows later."""
    first = exchange(status=404, content={"code": "X", "message": "Ask Ada Lovelace-Byron."})
    second = exchange(content={"id": RUN, "owner": "Ada Lovelace-Byron"})

    assert b"Ada" not in scrubbed(first, second).exchanges[0].reply


def test_only_named_headers_are_stored_on_either_side() -> None:
    """The key with its scheme and a placeholder; ids of requests as placeholders; no cookie."""
    requested = (
        ("Authorization", f"Bearer {KEY}"),
        ("Cookie", "sid=1"),
        ("X-Own", "a"),
        ("Content-Type", "text/plain"),
    )
    reported = (
        *JSON,
        ("Set-Cookie", "sid=1"),
        ("X-Request-Id", "req_7Hq2Zw9Lx4Tm"),
        ("Retry-After", "3"),
        ("Server", "x"),
    )
    (stored,) = scrubbed(exchange(headers=requested, reply_headers=reported)).exchanges

    assert stored.headers == (("Authorization", "Bearer placeholder-key-1"), ("Content-Type", "text/plain"))
    assert dict(stored.reply_headers) == {
        "content-type": "application/json",
        "X-Request-Id": "placeholder00001",
        "Retry-After": "3",
    }


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        (
            f"{API}/v1/runs/{RUN}?api_key=abc123",
            f"{API}/v1/runs/00000000-0000-7000-8000-000000000001?api_key=placeholder",
        ),
        (f"{API}/v1/runs?sort_by=created_at&whose=ada", f"{API}/v1/runs?sort_by=created_at&whose=placeholder"),
        (f"{API}/v1/models/google/veo3.1/lite/runs", f"{API}/v1/models/google/veo3.1/lite/runs"),
        (f"{API}/v1/secret-thing", f"{API}/placeholder-path-1"),
        ("https://cdn.dev/a/b.MP4?sig=1", "https://files.mockreel.invalid/1.mp4"),
        ("https://api.runflow.io:8443/v1/runs", "https://files.mockreel.invalid/1"),
        ("https://user:pass@cdn.dev/b.webp", "https://files.mockreel.invalid/1.webp"),
        ("https://example.com/boat.png", "https://example.com/boat.png"),
        ("https://example.com/boat.png?token=abc", "https://files.mockreel.invalid/1.png"),
    ],
)
def test_an_address_keeps_what_the_contract_knows_of_it(url: str, stored: str) -> None:
    """The provider's paths and models; a foreign one is replaced as a whole, but for the sort of its file."""
    assert scrubbed(exchange(uri=url)).exchanges[0].uri.startswith(stored)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("status_code", "dispatched_anew", "dispatched_anew"),
        ("status_code", "Ada Lovelace", "placeholder text 1"),
        ("status_code", "ada@engines.io", "person-1@example.com"),
        ("cost", "0.120000", "0.120000"),
        ("created_at", "2026-11-20T10:00:00.1Z", "2026-11-20T10:00:00.1Z"),
        ("org_id", ORG, "00000000-0000-4000-8000-000000000002"),
        ("nodes_total", 3, 3),
        ("has_logs", True, True),
        (
            "context",
            {"who": "Ada", "n": 7, "ok": True, "none": None},
            {"who": "placeholder text 1", "n": 0, "ok": False, "none": None},
        ),
        ("unknown", "running", "placeholder text 1"),
        ("unknown", 77, 0),
        ("unknown", [["deep", 1]], [["placeholder text 1", 0]]),
        ("plain_secret", "hunter2", "placeholder secret 1"),
        ("failure_message", f"Key {KEY} of Ada.", "Key placeholder-key-1 of placeholder word 1."),
        ("failure_message", "see https://x.dev/a?b=1.", "see https://files.mockreel.invalid/1."),
        ("failure_message", "image dimensions exceed 4096x4096", "image dimensions exceed placeholder word 1"),
        ("context", {"a": '{"b": "Ada"}'}, {"a": '{"b":"placeholder text 1"}'}),
    ],
)
def test_a_field_stays_if_it_is_known_and_named(field: str, value: Any, stored: Any) -> None:
    """Words where words are named, sentences without names, numbers and dates; the rest by its sort."""
    assert reply(exchange(content={"id": RUN, field: value}))[field] == stored


def test_a_name_of_a_field_that_is_no_name_is_replaced() -> None:
    """Objects may be keyed by people."""
    assert list(reply(exchange(content={"ada@engines.io": 1, "fine": 2}))) == ["person-1@example.com", "fine"]


def test_the_key_is_found_in_a_field_that_is_stored() -> None:
    """Whatever stands beside it."""
    assert KEY.encode() not in scrubbed(exchange(content={"id": RUN, "status_code": f"x-{KEY}"})).exchanges[0].reply


def test_numbers_that_name_somebody_are_replaced() -> None:
    """By the rows of the provider."""
    raw = exchange(uri="https://api.aimlapi.com/v2/billing/detail", content={"user_id": 88213377145, "status": "ok"})

    assert reply(raw, "aimlapi")["user_id"] == 10000000001


def test_what_was_sent_may_be_repeated() -> None:
    """An echo tells nothing new: the input comes back in a field that no schema describes."""
    body = {"input": {"prompt": "A boat of paper.", "duration": "4s"}, "client_ref": "mine-77"}
    raw = exchange(
        method="POST",
        uri=f"{API}/v1/models/google/veo3.1/lite/runs",
        body=orjson.dumps(body),
        content={"id": RUN, "input": {**body["input"], "more": "Ada"}, "client_ref": "mine-77"},  # type: ignore[dict-item]
    )
    (stored,) = scrubbed(raw).exchanges
    reported = orjson.loads(stored.reply)

    assert reported["input"] == {"prompt": "A boat of paper.", "duration": "4s", "more": "placeholder text 1"}
    assert reported["client_ref"] == orjson.loads(stored.body)["client_ref"] != "mine-77"


def test_a_form_is_scrubbed_field_by_field() -> None:
    """As JSON is."""
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    raw = exchange(method="POST", headers=headers, body=f"apiKey={KEY}&who=ada%40engines.io".encode())

    assert (
        scrubbed(raw, provider="runninghub").exchanges[0].body == b"apiKey=placeholder-key-1&who=person-1%40example.com"
    )


@pytest.mark.parametrize("content", [b"<html>Ada</html>", b"\x00\x01", b"{broken"])
def test_a_body_that_is_no_json_is_left_out(content: bytes) -> None:
    """Its size and its type stay."""
    raw = exchange(reply=content, reply_headers=(("content-type", "text/html"),))

    assert scrubbed(raw).exchanges[0].reply == f"({len(content)} bytes of text/html were left out)".encode()


def test_a_packed_body_is_unpacked_first() -> None:
    """One in an encoding that is not known is left out."""
    packed = gzip.compress(orjson.dumps({"id": RUN, "owner": "Ada"}))
    raw = exchange(reply=packed, reply_headers=(*JSON, ("Content-Encoding", "gzip")))

    assert reply(raw)["owner"] == "placeholder text 1"
    assert unpacked(b"x", (("content-encoding", "new"),)) is None
    assert unpacked(b"x", (("content-encoding", "gzip"),)) is None


def test_json_in_a_callback_is_scrubbed_as_the_job_that_it_holds() -> None:
    """RunningHub tells a job as a text in a field."""
    inner = {
        "taskId": "2052287938007814145",
        "status": "SUCCESS",
        "userApiKey": KEY,
        "results": [{"url": "https://x.dev/a.mp4?s=1"}],
    }
    body = orjson.dumps(
        {"event": "TASK_END", "taskId": "2052287938007814145", "eventData": orjson.dumps(inner).decode()}
    )
    (reported,) = (
        redactor("runninghub").redacted([], [InboundCallback("https://mine.dev/in?t=1", JSON, body)]).callbacks
    )
    stored = orjson.loads(reported.body)

    assert reported.url == "https://files.mockreel.invalid/1"
    assert orjson.loads(stored["eventData"]) == {
        "taskId": stored["taskId"],
        "status": "SUCCESS",
        "userApiKey": "placeholder-key-1",
        "results": [{"url": "https://files.mockreel.invalid/2.mp4"}],
    }


def test_scrubbing_what_was_scrubbed_changes_nothing_of_its_form() -> None:
    """A placeholder is of the sort that a contract's schema wants."""
    output = {
        "id": RUN,
        "org_id": ORG,
        "output": {"outputs": [{"type": "video", "url": "https://x.dev/a.mp4", "duration": 4}]},
    }
    (once,) = scrubbed(exchange(content=output)).exchanges
    (twice,) = scrubbed(once).exchanges

    assert once == twice
