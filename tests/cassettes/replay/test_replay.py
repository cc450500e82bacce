"""Replaying tells what is wrong with a cassette: copies of published ones, each with one thing changed."""

import gzip
import re
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest
from click.testing import CliRunner
from support.recorded import Change, Document, answer, copied, metadata, published, rewrite

from mockreel.cassettes import Cassette
from mockreel.cassettes.cassette_errors import NoProvenance
from mockreel.cassettes.replay.fidelity_report import FORMS, Fidelity, details, table_row
from mockreel.cassettes.replay.replayer import Replay, Replayed
from mockreel.cli.gate.replay_command import command
from mockreel.errors import DataError

RUN = ("aimlapi", "wan-2.7-run")
REPLAY = Replay()
TODAY = date(2026, 12, 1)


def replayed(folder: Path, *changes: Change, of: tuple[str, str] = RUN) -> Replayed:
    """What comes of a changed cassette."""
    return REPLAY.replay(copied(folder, *of, *changes))


def stated(change: Any) -> Change:
    """A change of what a cassette states."""
    return lambda document: change(metadata(document)["expect"])


def known(at: str, what: str) -> Change:
    """One more known difference of the last response."""

    def change(document: Document) -> None:
        number = len(document["interactions"]) - 1
        row = {"exchange": number, "at": at, "what": what, "why": "it was so in that year"}
        metadata(document)["expect"].setdefault("known", []).append(row)

    return change


# -- against the contract


def test_a_word_that_no_reading_has_breaks_the_contract(tmp_path: Path) -> None:
    """The place and the valid words are named."""
    found = replayed(tmp_path, lambda document: rewrite(document, lambda body: body.update(status="finished")))

    assert not found.holds
    assert "exchange 4: /status" in found.invalid[0]
    assert '"finished" is not one of "queued"' in found.invalid[0]


def test_a_missing_key_breaks_the_contract(tmp_path: Path) -> None:
    """With the pointer of what is missing."""
    found = replayed(tmp_path, lambda document: rewrite(document, lambda body: body.pop("id") and None))

    assert "exchange 4: /id" in found.invalid[0]


def test_a_status_that_no_operation_documents_breaks_the_contract(tmp_path: Path) -> None:
    """The documented ones are named."""

    def change(document: Document) -> None:
        answer(document)["status"]["code"] = 418

    assert "documents no status 418, only 200" in replayed(tmp_path, change).invalid[0]


def test_a_callback_that_is_none_of_the_contract_breaks_it(tmp_path: Path) -> None:
    """Its event is unknown."""

    def change(document: Document) -> None:
        row = metadata(document)["callbacks"][0]
        row["body"] = row["body"].replace("TASK_END", "TASK_OVER")

    found = replayed(tmp_path, change, of=("runninghub", "text-to-image-webhook"))
    assert "callback 0: /event" in found.invalid[0]


def test_a_reading_is_what_makes_a_reply_valid(tmp_path: Path) -> None:
    """Without it, the response breaks the contract."""
    found = replayed(tmp_path, lambda document: metadata(document).update(reading={}), of=("aimlapi", "pixverse-5-run"))
    assert any("/status" in text for text in found.invalid)


def test_what_is_listed_as_left_out_and_is_there_is_reported(tmp_path: Path) -> None:
    """So that it is replayed once the contract has it."""
    row = {"exchange": 0, "why": "balances are not played"}
    found = replayed(tmp_path, stated(lambda expect: expect.update(outside=[row], calls=[])), of=("aimlapi", "balance"))
    assert "the contract has it now" in found.invalid[0]


# -- through the reference client


def test_what_the_client_gets_otherwise_is_reported_with_both_values(tmp_path: Path) -> None:
    """And with everything that it got."""
    found = replayed(tmp_path, stated(lambda expect: expect["calls"][1]["gives"].update(state="failed")))

    assert not found.holds
    assert "wait QC4qjlUKt8ZedNi7r09LM: state is 'succeeded' instead of 'failed'" in found.misread[0]
    assert "'word': 'completed'" in found.misread[0]


def test_a_call_that_states_nothing_gets_the_estimate(tmp_path: Path) -> None:
    """An expectation is not left out by mistake."""
    found = replayed(tmp_path, stated(lambda expect: expect["calls"][0].update(gives={})))

    assert "nothing is stated; the client got {'job': 'QC4qjlUKt8ZedNi7r09LM'}" in found.misread[0]


def test_a_cassette_without_calls_does_not_hold(tmp_path: Path) -> None:
    """Nothing would be proved by it."""
    assert "states no calls" in replayed(tmp_path, stated(lambda expect: expect.clear())).misread[0]


def test_a_miss_names_the_nearest_recording_and_what_differs(tmp_path: Path) -> None:
    """The request, and each candidate with its reasons."""
    call = {"call": "poll", "job": "QC4qjlUKt8ZedNi7r09L", "gives": {"state": "succeeded"}}
    (text,) = replayed(tmp_path, stated(lambda expect: expect.update(calls=[call]))).misread

    assert "No recording answers GET /v2/video/generations?generation_id=QC4qjlUKt8ZedNi7r09L" in text
    assert "exchange 1: GET /v2/video/generations?generation_id=QC4qjlUKt8ZedNi7r09LM: query /generation_id" in text
    assert text.index("exchange 1") < text.index("exchange 2")


def test_a_wait_that_outlasts_the_recording_is_a_miss(tmp_path: Path) -> None:
    """The recordings that would have matched were used already."""
    (text,) = replayed(tmp_path, lambda document: document["interactions"].pop()).misread

    assert "it was used already" in text


def test_an_exchange_that_nobody_asks_for_is_reported(tmp_path: Path) -> None:
    """The cassette holds none the less."""
    found = replayed(tmp_path, stated(lambda expect: expect["calls"].pop(0)))

    assert (found.unused, found.holds, found.tidy) == ((0,), True, False)


def test_what_the_client_says_otherwise_is_a_remark() -> None:
    """The sample's "8" is sent as a number, as the model's schema has it."""
    path = published("aimlapi", "veo-3.1-lite-run")
    (found,) = REPLAY.each([path])

    assert found.remarks == ("exchange 0: body /duration '8' is not 8",)


def test_a_client_that_retries_gets_the_same_response(tmp_path: Path) -> None:
    """One recorded error response serves every try of a client that polls on."""
    found = replayed(tmp_path, of=("runflow", "rate-limited"))

    assert (found.misread, found.unused) == ((), ())


# -- beside the mock server


def test_a_difference_without_a_reason_does_not_hold(tmp_path: Path) -> None:
    """It says what is recorded and what the mock server has."""
    found = replayed(tmp_path, lambda document: rewrite(document, lambda body: body.update(meta={"usage": None})))

    assert not found.holds
    assert [str(one.difference) for one in found.unexplained] == [
        "missing at /meta: recorded object, the mock server nothing"
    ]


def test_a_difference_with_a_reason_is_reported_and_holds(tmp_path: Path) -> None:
    """A `*` in its place is any key."""
    found = replayed(
        tmp_path, lambda document: rewrite(document, lambda body: body.update(meta=None)), known("/*", "missing")
    )
    assert found.holds
    assert [one.why for one in found.unlike] == ["it was so in that year"]


def test_a_known_difference_that_is_gone_is_reported(tmp_path: Path) -> None:
    """The contract has caught up, or the reason was wrong."""
    found = replayed(tmp_path, known("/meta", "missing"))

    assert [row.at for row in found.gone] == ["/meta"]
    assert (found.holds, found.tidy) == (True, False)


def test_a_type_that_differs_is_a_difference(tmp_path: Path) -> None:
    """Even where the contract takes both."""
    of = ("runninghub", "account")
    found = replayed(
        tmp_path, lambda document: rewrite(document, lambda body: body["data"].update(remainMoney="1.0")), of=of
    )
    assert [one.difference.what for one in found.unlike] == ["null"]


def test_an_answer_where_the_mock_server_refuses_is_a_difference(tmp_path: Path) -> None:
    """The mock server's error response is quoted."""

    def change(document: Document) -> None:
        body = orjson.loads(document["interactions"][0]["request"]["body"])
        body["resolution"] = "9000p"
        document["interactions"][0]["request"]["body"] = orjson.dumps(body).decode()

    (found,) = replayed(tmp_path, change, of=("aimlapi", "veo-3.0-fast-submit")).unexplained
    assert found.difference.what == "refusal"
    assert "invalid_enum_value" in found.difference.actual


# -- what cannot be replayed, and its message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda expect: expect.update(call=[]), "'call' is not known"),
        (lambda expect: expect["calls"][0].update(call="sing"), "call is 'sing'"),
        (lambda expect: expect["calls"][0].update(of=17), "of is 17"),
        (lambda expect: expect["calls"][0].pop("of"), "submit lacks of"),
        (lambda expect: expect["calls"][1].update(job=None), "wait lacks job"),
        (lambda expect: expect["calls"][1].update(job=7), "7 is not a text"),
        (lambda expect: expect["calls"][1].update(call="read"), "read lacks of"),
        (lambda expect: expect["calls"][0].update(gives=["job"]), "is not a mapping"),
        (lambda expect: expect.update(calls={}), "is no list"),
        (lambda expect: expect.update(play=[{"exchange": 0, "who": "me", "why": "x"}]), "who is 'me'"),
        (lambda expect: expect.update(known=[{"exchange": 0, "at": "/a", "what": "more"}]), "'why' is missing"),
    ],
)
def test_a_statement_that_does_not_fit_names_its_place(tmp_path: Path, change: Any, says: str) -> None:
    """And the cassette's file."""
    with pytest.raises(DataError, match=says) as caught:
        replayed(tmp_path, stated(change))
    assert "wan-2.7-run.yaml metadata/mockreel/expect" in str(caught.value)


def test_a_cassette_that_cannot_be_read_is_among_those_that_fail(tmp_path: Path) -> None:
    """The others are replayed all the same."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 7\ninteractions: []\n", encoding="utf-8")
    first, second = REPLAY.each([broken, published(*RUN)])

    assert "version 7" in first.broke
    assert (first.holds, second.holds) == (False, True)


def test_a_live_cassette_is_replayed_like_a_published_one(tmp_path: Path) -> None:
    """Its standing is its origin."""
    cassette = copied(tmp_path, *RUN, lambda document: metadata(document).update(origin="live", recorded="2026-11-21"))
    report = Fidelity((REPLAY.replay(cassette),), TODAY)

    assert report.exit_code == 0
    assert (report.origin_text(cassette), report.age(cassette)) == ("live", 10)


def _cassette(name: str, provider: str = "runflow") -> Cassette:
    (found,) = REPLAY.each([published(provider, name)])
    assert found.cassette is not None
    return found.cassette


def test_the_standing_of_a_cassette_is_that_of_its_best_source() -> None:
    """What somebody received is distinguished from what the docs show, and that from what a client's README shows."""
    report = Fidelity((), TODAY)
    names = ("smart-resize-run", "rate-limited", "health")

    assert [report.origin_text(_cassette(name)) for name in names] == ["observed", "documented", "a client's"]


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_only_a_strict_run_fails_on_what_is_stated_and_not_there(tmp_path: Path, *, strict: bool, code: int) -> None:
    """An exchange that nothing requests, a difference that is gone."""
    found = replayed(tmp_path, known("/meta", "missing"))

    assert Fidelity((found,), TODAY, strict).exit_code == code


def test_every_form_of_the_report_says_what_was_found(tmp_path: Path) -> None:
    """The table, JSON and Markdown, with the same facts."""
    found = replayed(tmp_path, lambda document: rewrite(document, lambda body: body.update(status="finished")))
    report = Fidelity((found,), TODAY)
    forms = {name: form(report) for name, form in FORMS.items()}

    assert all("/status" in text for text in forms.values())
    assert orjson.loads(forms["json"])["exit_code"] == 1
    assert "| aimlapi | wan-2.7-run | **no** | observed | 209 |" in forms["markdown"]
    assert table_row(report, found)[:3] == ("NO", "aimlapi", "wan-2.7-run")


def test_the_command_replays_a_folder_and_counts_ages_from_a_day(tmp_path: Path) -> None:
    """Only the cassettes of the selected provider."""
    copied(tmp_path, "runninghub", "upload-live")
    copied(tmp_path, "runflow", "health")
    done = CliRunner().invoke(command, [str(tmp_path), "--provider", "runninghub", "--today", "2026-12-01"])

    assert done.exit_code == 0, done.output
    assert "runflow" not in done.output
    assert re.search(r"^HOLDS .* DAYS .*\nyes +runninghub .* 214 ", done.output)


def test_the_command_fails_where_a_cassette_does_not_hold(tmp_path: Path) -> None:
    """With exit code 1."""
    copied(tmp_path, *RUN, lambda document: rewrite(document, lambda body: body.update(status="finished")))
    done = CliRunner().invoke(command, [str(tmp_path), "--format", "json"])

    assert done.exit_code == 1
    assert orjson.loads(done.output)["cassettes"][0]["holds"] is False


def test_another_status_of_the_same_class_is_a_difference_of_its_own(tmp_path: Path) -> None:
    """So that a client that compares numbers is warned."""

    def change(document: Document) -> None:
        answer(document, 0)["status"]["code"] = 201

    found = replayed(tmp_path, change)
    assert [str(one.difference) for one in found.unexplained] == ["number: recorded 201, the mock server 200"]


def test_a_refusal_where_the_mock_server_refuses_with_another_class_is_a_difference(tmp_path: Path) -> None:
    """A key that was refused with 5xx, for instance."""

    def change(document: Document) -> None:
        answer(document)["status"]["code"] = 500

    found = replayed(tmp_path, change, of=("aimlapi", "key-refused"))
    assert [one.difference.what for one in found.unexplained] == ["status"]


def test_a_cassette_of_another_version_of_the_contract_says_so(tmp_path: Path) -> None:
    """It is replayed against the contract that is held."""
    found = replayed(tmp_path, lambda document: metadata(document).update(contract="2025-01-01"))

    assert found.holds
    assert "recorded with contract 2025-01-01, this one is 2026-08-21" in details(found)


def packed(pack: Callable[[bytes], bytes], coding: str) -> Change:
    """Every response as it came over the wire."""

    def change(document: Document) -> None:
        for number in range(len(document["interactions"])):
            response = answer(document, number)
            if response["body"]["string"]:
                response["body"] = {"string": pack(response["body"]["string"].encode())}
                response["headers"] = {**response["headers"], "content-encoding": [coding]}

    return change


@pytest.mark.parametrize(
    ("pack", "coding"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (brotli.compress, "br")]
)
def test_a_packed_cassette_holds_as_the_plain_one_does(
    pack: Callable[[bytes], bytes], coding: str, tmp_path: Path
) -> None:
    """By default vcrpy stores bodies packed."""
    assert replayed(tmp_path, packed(pack, coding)).holds


def test_a_body_that_cannot_be_read_does_not_hold(tmp_path: Path) -> None:
    """The report says which exchange it is, and why."""
    found = replayed(tmp_path, packed(lambda body: gzip.compress(body)[:-9], "gzip"))

    assert not found.holds
    assert "exchange 4: its body cannot be read: its gzip is cut off" in found.invalid


@pytest.mark.parametrize(
    ("body", "why"), [("", "is empty"), ("<html></html>", "is no JSON"), ("\ufeff{}", "byte order mark")]
)
def test_a_body_that_is_no_json_does_not_hold(body: str, why: str, tmp_path: Path) -> None:
    """Whatever the client makes of it."""
    found = replayed(tmp_path, lambda document: answer(document)["body"].update(string=body))

    assert any(why in text for text in found.invalid)


def test_a_date_in_the_future_is_reported(tmp_path: Path) -> None:
    """It has no age."""
    found = replayed(tmp_path, lambda document: metadata(document).update(recorded="3000-01-01"))

    assert "in the future" in table_row(Fidelity((found,), TODAY), found)


def test_a_day_that_no_calendar_has_is_no_date(tmp_path: Path) -> None:
    """It says so, and does not break."""
    with pytest.raises(NoProvenance, match="'2026-13-45' is not a day, month or year"):
        replayed(tmp_path, lambda document: metadata(document).update(recorded="2026-13-45"))
