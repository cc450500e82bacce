"""What a cassette shows and the contract does not say: copies of published ones, each with one thing changed."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest
from click.testing import CliRunner
from support.recorded import Change, Document, answer, copied, metadata, published, rewrite

from mockreel._data import data_root
from mockreel.cassettes import CassetteVersion
from mockreel.cassettes.cassette_errors import OurOwnReply
from mockreel.cli.gate.drift_command import command
from mockreel.contract import providers
from mockreel.drift import NOTHING, Finding, cassettes_drift
from mockreel.drift.recorded.cassette_drift import cassette_drift
from mockreel.errors import OptionError

RUN = ("aimlapi", "wan-2.7-run")
FOLDERS = [data_root() / "contracts" / name / "cassettes" / "published" for name in providers()]


def found(folder: Path, *changes: Change, of: tuple[str, str] = RUN) -> dict[str, Finding]:
    """The findings of a changed cassette, without those that it has unchanged; by the end of their ids."""
    before = {finding.id for finding in cassette_drift(data_root(), copied(folder, *of))}
    after = cassette_drift(data_root(), copied(folder, *of, *changes))
    return {finding.id.partition("/recorded/")[2]: finding for finding in after if finding.id not in before}


def body(**fields: Any) -> Change:
    """The last response with other fields."""
    return lambda document: rewrite(document, lambda body: body.update(fields))


def shown(*pointers: str) -> Change:
    """Treat the places that the cassette marks as filled in as recorded."""

    def change(document: Document) -> None:
        rows = metadata(document)["filled"]
        metadata(document)["filled"] = [row for row in rows if not row["at"].startswith(pointers)]

    return change


def test_an_unknown_word_for_a_state_breaks_clients(tmp_path: Path) -> None:
    """The recorded response is the witness, shown with the known words."""
    (finding,) = found(tmp_path, body(status="finished")).values()

    assert finding.id == "aimlapi/recorded/get_generation/200/status/enum"
    assert finding.verdict == "breaking for replies"
    assert (finding.before, finding.after) == (["queued", "generating", "completed", "error"], "finished")
    assert finding.witness["status"] == "finished"
    assert finding.where.endswith("wan-2.7-run.yaml exchange 4")
    assert finding.sources == ("wan-2.7",)


def test_a_word_of_another_reading_is_compatible(tmp_path: Path) -> None:
    """The finding names the reading that allows it."""
    (finding,) = found(tmp_path, body(status="succeeded")).values()

    assert finding.verdict == "docs only"
    assert "the reading status-words=succeeded" in finding.says


def test_a_missing_key_breaks_clients(tmp_path: Path) -> None:
    """A value is missing."""
    (finding,) = found(tmp_path, lambda document: rewrite(document, lambda body: {"status": "completed"})).values()

    assert finding.id.endswith("200/id/required")
    assert (finding.verdict, finding.before, finding.after) == ("breaking for replies", "id", NOTHING)


def test_a_value_of_another_type_breaks_clients(tmp_path: Path) -> None:
    """With the types that are held."""
    (finding,) = found(tmp_path, body(id=7)).values()

    assert finding.id.endswith("200/id/type")
    assert (finding.verdict, finding.before, finding.after) == ("breaking for replies", ["string"], 7)


def test_a_key_that_is_not_declared_is_compatible(tmp_path: Path) -> None:
    """At whatever depth; keys of places that take any are none."""
    video = {"url": "https://example.com/a.mp4", "fps": 24}
    findings = found(tmp_path, body(video=video, progress=100))

    assert {name: one.verdict for name, one in findings.items()} == {
        "get_generation/200/video/fps": "compatible",
        "get_generation/200/progress": "compatible",
    }
    assert findings["get_generation/200/video/fps"].after == 24


@pytest.mark.parametrize(("status", "verdict"), [(203, "breaking for replies"), (418, "compatible")])
def test_a_status_that_is_not_documented_is_judged_by_its_class(tmp_path: Path, status: int, verdict: str) -> None:
    """A client treats an error response as its class; a success of another kind it does not know."""

    def change(document: Document) -> None:
        answer(document)["status"]["code"] = status

    finding = found(tmp_path, shown("/interactions/4/response/status"), change)[f"get_generation/{status}"]
    assert (finding.verdict, finding.after) == (verdict, status)


def test_a_code_that_no_row_has_is_compatible(tmp_path: Path) -> None:
    """With its text, so that a row can be written."""
    finding = found(tmp_path, body(code="TEAPOT"), of=("runflow", "permission-denied"))["get_run/errors/TEAPOT"]

    assert finding.verdict == "compatible"
    assert finding.after["message"].startswith("Your account")


def test_a_known_code_with_another_status_breaks_clients(tmp_path: Path) -> None:
    """The finding has the status of the error definition."""

    def change(document: Document) -> None:
        answer(document)["status"]["code"] = 404

    findings = found(tmp_path, shown("/interactions/0/response/status"), change, of=("runflow", "permission-denied"))
    finding = findings["get_run/errors/PERMISSION_DENIED/status"]
    assert (finding.verdict, finding.before, finding.after) == ("breaking for replies", [403], 404)


def test_a_known_error_with_another_message_is_docs_only(tmp_path: Path) -> None:
    """Clients should not compare texts."""
    findings = found(tmp_path, body(message="Slow down."), of=("runflow", "rate-limited"))

    assert findings["get_run/errors/RATE_LIMITED/message"].verdict == "docs only"


def test_a_job_that_failed_with_an_unknown_code_is_compatible(tmp_path: Path) -> None:
    """A client shows what it does not know."""
    findings = found(tmp_path, body(failure_code="MOON_PHASE"), of=("runflow", "run-failed"))

    assert findings["get_run/failures/MOON_PHASE"].verdict == "compatible"


def test_a_job_that_cost_something_else_is_a_price(tmp_path: Path) -> None:
    """The cost is computed from the request, or from the provider's quotation."""

    def change(document: Document) -> None:
        document["interactions"][0]["request"]["uri"] = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
        fields = {"prompt": "a boat", "duration": "8s", "resolution": "720p", "generate_audio": False}
        document["interactions"][0]["request"]["body"] = orjson.dumps({"input": fields}).decode()
        metadata(document)["filled"] = []

    of = ("runflow", "smart-resize-run")
    same = found(tmp_path, change, body(cost="0.24"), of=of)
    other = found(tmp_path, change, body(cost="0.40"), of=of)

    assert "get_run/price/google/veo3.1/lite" not in same
    finding = other["get_run/price/google/veo3.1/lite"]
    assert (finding.verdict, finding.before, finding.after) == ("price", "exact 0.24 USD", "0.4 USD")


def test_a_quotation_is_a_price_too(tmp_path: Path) -> None:
    """In the currency that it names."""

    def change(document: Document) -> None:
        rewrite(document, lambda body: body.update(errorCode="", errorMessage="", estimatedPrice=9, currency="CNY"))
        metadata(document)["filled"] = []

    findings = found(tmp_path, change, of=("runninghub", "price-not-configured"))
    finding = next(one for name, one in findings.items() if "/price/" in name)
    assert (finding.verdict, finding.before, finding.after) == ("price", "exact 1.89 CNY", "9 CNY")


def test_new_and_missing_headers_are_reported(tmp_path: Path) -> None:
    """Those of HTTP itself and of gateways are none of the provider's."""

    def change(document: Document) -> None:
        metadata(document)["filled"] = []
        headers = {"Content-Type": "application/json", "Date": "today", "X-Queue-Position": "7", "x-inference-id": "a"}
        for number in range(len(document["interactions"])):
            answer(document, number)["headers"] = {name: [value] for name, value in headers.items()}

    findings = found(tmp_path, change)
    assert findings["get_generation/headers/x-queue-position"].verdict == "compatible"
    assert findings["get_generation/headers/x-aimlapi-usd-spent"].verdict == "unknown"
    assert not {"get_generation/headers/date", "get_generation/headers/x-inference-id"} & set(findings)


def test_another_content_type_breaks_clients(tmp_path: Path) -> None:
    """A client that reads JSON cannot read it."""

    def change(document: Document) -> None:
        metadata(document)["filled"] = []
        answer(document)["headers"] = {"Content-Type": ["text/plain"]}

    assert found(tmp_path, change)["get_generation/200/media"].verdict == "breaking for replies"


def test_an_accepted_request_that_the_contract_forbids_is_compatible(tmp_path: Path) -> None:
    """The contract is stricter than the provider; the request is the witness."""

    def change(document: Document) -> None:
        document["interactions"][0]["request"]["body"] = orjson.dumps({"model": "alibaba/wan-2-7-t2v"}).decode()
        metadata(document)["filled"] = []

    finding = found(tmp_path, change)["submit_generation/request"]
    assert finding.verdict == "compatible"
    assert finding.witness["body"] == {"model": "alibaba/wan-2-7-t2v"}


def test_a_rejected_request_that_the_contract_allows_breaks_clients(tmp_path: Path) -> None:
    """Only if its form was the reason."""

    def change(document: Document) -> None:
        fields = {"model": "pixverse/v5/text-to-video", "prompt": "a boat", "resolution": "720p"}
        document["interactions"][0]["request"]["body"] = orjson.dumps(fields).decode()
        metadata(document)["filled"] = []

    finding = found(tmp_path, change, of=("aimlapi", "body-refused"))["submit_generation/request"]
    assert finding.verdict == "breaking for requests"
    assert finding.witness["body"]["resolution"] == "720p"


def test_a_job_that_moves_as_no_transitions_lead_breaks_clients(tmp_path: Path) -> None:
    """It was being made, and is queued again."""
    findings = found(tmp_path, body(status="queued"))

    finding = findings["get_generation/lifecycle/generating/queued"]
    assert (finding.verdict, finding.before, finding.after) == ("breaking for replies", "generating", "queued")


def test_an_operation_that_is_not_held_is_compatible(tmp_path: Path) -> None:
    """It is named by its method and path."""

    def change(document: Document) -> None:
        document["interactions"][0]["request"]["uri"] = "https://api.aimlapi.com/v3/video"

    assert found(tmp_path, change)["POST /v3/video/operation"].verdict == "compatible"


def test_a_callback_that_breaks_its_schema_breaks_receivers(tmp_path: Path) -> None:
    """The payload is the witness."""

    def change(document: Document) -> None:
        row = metadata(document)["callbacks"][0]
        row["body"] = row["body"].replace("TASK_END", "TASK_OVER")

    (finding,) = found(tmp_path, change, of=("runninghub", "text-to-image-webhook")).values()
    assert (finding.verdict, finding.after) == ("breaking for replies", "TASK_OVER")
    assert finding.witness["event"] == "TASK_OVER"


def test_values_filled_in_by_hand_are_no_evidence(tmp_path: Path) -> None:
    """The id of this sample was cut short and filled in by hand."""
    assert found(tmp_path, body(id="no uuid"), of=("runflow", "run-failed")) == {}


def test_published_exchanges_are_compatible() -> None:
    """The contract says all that the published cassettes show, or a reading does."""
    findings = list(cassettes_drift(data_root(), FOLDERS))

    assert [finding.id for finding in findings if finding.verdict not in ("price", "compatible", "docs only")] == []
    assert len({finding.id for finding in findings}) == len(findings)


def test_only_the_cassettes_of_the_named_providers_are_compared() -> None:
    """As elsewhere."""
    findings = list(cassettes_drift(data_root(), FOLDERS, ["aimlapi"]))

    assert {finding.id.partition("/")[0] for finding in findings} == {"aimlapi"}


def test_a_folder_without_cassettes_is_an_error(tmp_path: Path) -> None:
    """Nothing was compared, which is not the same as no drift."""
    with pytest.raises(OptionError, match="No cassette"):
        list(cassettes_drift(data_root(), [tmp_path]))


def test_a_cassette_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """And never passes for one that shows nothing new."""
    (tmp_path / "broken.yaml").write_text("version: 7\ninteractions: []\n", encoding="utf-8")
    with pytest.raises(CassetteVersion):
        list(cassettes_drift(data_root(), [tmp_path]))


@pytest.mark.parametrize(("status", "code"), [("finished", 1), ("completed", 0)])
def test_the_command_fails_on_what_breaks(tmp_path: Path, status: str, code: int) -> None:
    """With the recorded response in its report."""
    cassette = copied(tmp_path, *RUN, body(status=status))
    report = tmp_path / "report.json"
    done = CliRunner().invoke(command, ["--against", str(cassette.path), "--report", f"json={report}"])

    assert done.exit_code == code, done.output
    shown = [row for row in orjson.loads(report.read_bytes())["findings"] if row["verdict"] == "breaking for replies"]
    assert [row["witness"]["status"] for row in shown] == ["finished"] * code


def test_the_command_accepts_one_comparison_at_a_time(tmp_path: Path) -> None:
    """The message lists them all."""
    done = CliRunner().invoke(command, ["--against", str(published(*RUN)), "--docs", str(tmp_path)])

    assert isinstance(done.exception, OptionError)
    assert "--against CASSETTE" in str(done.exception)


def test_a_key_named_by_another_reading_is_compatible(tmp_path: Path) -> None:
    """The key is missing, and another one is present."""
    findings = found(tmp_path, lambda document: metadata(document).update(reading={}), of=("runflow", "run-failed"))

    finding = findings["get_run/200/status_code/required"]
    assert finding.verdict == "docs only"
    assert "failure-fields=without-code" in finding.says


UNREADABLE: dict[str, tuple[dict[str, list[str]], object, str]] = {
    "gzip that is cut off": ({"Content-Encoding": ["gzip"]}, gzip.compress(b'{"id": "x"}' * 40)[:-9], "unchecked"),
    "an unknown coding": ({"Content-Encoding": ["lzma"]}, b"\xfd7zXZ\x00\x00", "unchecked"),
    "a page of HTML": ({}, "<html><body>Bad gateway</body></html>", "breaking for replies"),
    "nothing": ({}, "", "breaking for replies"),
    "null": ({}, "null", "breaking for replies"),
    "a byte order mark": ({}, b"\xef\xbb\xbf" + b'{"id": "x", "status": "completed"}', "breaking for replies"),
    "half of it": ({}, '{"id": "x", "sta', "breaking for replies"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_response_is_reported_as_unchecked(name: str, tmp_path: Path) -> None:
    """It breaks clients, or it was not looked at, and says so."""
    headers, content, verdict = UNREADABLE[name]

    def change(document: Document) -> None:
        response = document["interactions"][-1]["response"]
        response["body"] = {"string": content}
        response["headers"] = {**response["headers"], **headers}

    findings = found(tmp_path, shown("/interactions/4"), change).values()
    assert verdict in {finding.verdict for finding in findings if "/200/" in finding.id}


@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress], ids=["gzip", "br"])
def test_a_compressed_response_is_compared_decoded(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The same response packed is the same response, and another word in it is found."""
    coding = "gzip" if pack is gzip.compress else "br"

    def packed(**fields: str) -> Change:
        def change(document: Document) -> None:
            response = document["interactions"][-1]["response"]
            body = orjson.loads(response["body"]["string"]) | fields
            response["body"] = {"string": pack(orjson.dumps(body))}
            response["headers"] = {**response["headers"], "Content-Encoding": [coding]}

        return change

    assert found(tmp_path, packed()) == {}
    assert [one.verdict for one in found(tmp_path, packed(status="finished")).values()] == ["breaking for replies"]


@pytest.mark.parametrize("content", ["<html>sorry</html>", "", "null", "[1]"])
def test_a_webhook_that_is_no_json_object_breaks_receivers(content: str, tmp_path: Path) -> None:
    """Whatever else it may be."""

    def change(document: Document) -> None:
        metadata(document)["callbacks"][0]["body"] = content

    (finding,) = found(tmp_path, change, of=("runninghub", "text-to-image-webhook")).values()
    assert finding.verdict == "breaking for replies"


def test_a_response_of_the_mock_server_is_rejected(tmp_path: Path) -> None:
    """It would prove that we agree with ourselves."""

    def change(document: Document) -> None:
        document["interactions"][0]["response"]["headers"]["mockreel-version"] = ["0.1.0"]

    with pytest.raises(OurOwnReply, match="this mock server made it"):
        found(tmp_path, change)
