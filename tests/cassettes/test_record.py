"""`mockreel record`: its plan, its limits, what it refuses, and what becomes of what was paid for."""

import re
import socket
from datetime import date
from pathlib import Path

import pytest
from cassettes.imitation import CALLBACK_URL, JOBS, KEYS
from cassettes.leaks import written
from cassettes.rig import VARIABLES, Imitate, Record, led_to_the_receiver
from click.testing import CliRunner

import mockreel
from mockreel.cassettes import read_cassette
from mockreel.cassettes.cassette_errors import FromMockServer, NotRecorded
from mockreel.cassettes.recorder.recording_plan import make_plan
from mockreel.cassettes.replay.replayer import Replay
from mockreel.cli import group
from mockreel.client import NotReached
from mockreel.errors import MockreelError, PortTaken

PROVIDERS = sorted(KEYS)
KEYED = dict.fromkeys(VARIABLES.values(), "a-key")
DAY = date(2026, 11, 20)

every = pytest.mark.parametrize("provider", PROVIDERS)


@every
def test_what_was_recorded_replays(provider: str, imitate: Imitate, record: Record, tmp_path: Path) -> None:
    """Each response is valid against the contract, and the reference client gets what the metadata states."""
    imitate(provider)
    record(provider)

    for path in sorted((tmp_path / "out").iterdir()):
        found = Replay().replay(read_cassette(path))
        assert (found.broke, found.misread, found.unused, found.invalid) == ("", (), (), ()), path.name


def test_without_an_address_callbacks_are_not_recorded_and_the_plan_says_so(imitate: Imitate, record: Record) -> None:
    """Nothing is requested that could not arrive."""
    imitation = imitate("runflow")
    result = record("runflow", "--no-refusals")

    assert "callback: not recorded, as there is no --callback-url" in result.output
    assert b"callback_url" not in imitation.received[0][3]


@every
def test_our_own_mock_server_is_refused_before_anything_is_stored(
    provider: str, imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """By the header that its responses carry, in whatever case."""
    imitate(provider, more_headers=[("mockreel-version", "0.1.0")])
    result = record(provider)

    assert isinstance(result.exception, FromMockServer)
    assert "it is the mock server, not the provider. Nothing was written" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_refused_key_ends_the_recording_before_the_job(imitate: Imitate, record: Record) -> None:
    """The response to the wrong key is recorded; no job is started."""
    imitation = imitate("runflow", refuses_the_key=True)
    result = record("runflow")

    assert isinstance(result.exception, NotRecorded)
    assert "Runflow rejects the key. Nothing else was requested, and no job begun." in str(result.exception)
    assert {method for method, *_ in imitation.received} == {"GET"}


def test_what_should_be_refused_and_is_accepted_ends_the_recording(imitate: Imitate, record: Record) -> None:
    """It may cost, so the job is named and cancelled, where that is possible."""
    imitation = imitate("runflow", accepts_everything=True)
    result = record("runflow")

    assert isinstance(result.exception, NotRecorded)
    assert f"began job {JOBS['runflow']}, which may cost" in str(result.exception)
    assert sum(method == "POST" and path.endswith("/runs") for method, path, *_ in imitation.received) == 2


def test_the_plan_and_its_price_are_shown_and_nothing_is_sent_before_you_agree(
    imitate: Imitate, record: Record
) -> None:
    """The answer no ends it."""
    imitation = imitate("runflow")
    result = record("runflow", answer="n\n")

    assert "job: submit of google/veo3.1/lite, polls, its result. Costs 0.12 USD." in result.output
    assert "unknown-job: poll of the unknown job" in result.output
    assert "Send this to the provider? [y/N]: n" in result.output
    assert (result.exit_code, imitation.received) == (1, [])


@pytest.mark.parametrize(
    ("provider", "options", "text"),
    [
        ("runflow", ["--max-spend", "0.1"], "would cost 0.12 USD; --max-spend is 0.1. Nothing was sent"),
        (
            "aimlapi",
            ["--max-spend", "1"],
            "--max-spend 1 cannot be held: Its price is unknown. .*--assume-price AMOUNT, in USD",
        ),
        ("aimlapi", ["--max-spend", "1", "--assume-price", "2"], "would cost 2 USD; --max-spend is 1"),
        ("runflow", [], "--yes requires a limit: --max-spend AMOUNT"),
        ("runflow", ["--max-spend", "1", "--host", "example.com"], "host: 'example.com'.*Valid: api.runflow.io"),
        ("runflow", ["--max-spend", "1", "--model", "no/such"], "needs its input"),
        ("runflow", ["--max-spend", "1", "--model", "no/such", "--input", "{}"], "model: 'no/such' is not valid"),
        ("runflow", ["--max-spend", "1", "--input", "[1]"], "Give a JSON object"),
        ("runflow", ["--no-job", "--no-refusals"], "nothing is left to record"),
        ("nobody", ["--max-spend", "1"], "provider: 'nobody' is not valid. Valid: aimlapi, runflow, runninghub"),
    ],
)
def test_what_cannot_be_recorded_is_reported_before_anything_is_sent(
    provider: str, options: list[str], text: str, imitate: Imitate, tmp_path: Path
) -> None:
    """In a sentence that says what would do."""
    imitation = imitate("runflow")
    result = CliRunner().invoke(
        group, ["record", provider, "--yes", "--out", str(tmp_path / "out"), *options], env=KEYED
    )

    assert isinstance(result.exception, MockreelError), result.output
    assert re.search(text, str(result.exception))
    assert imitation.received == []


def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each that would do."""
    for name in ("RUNNINGHUB_API_KEY", "RH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(group, ["record", "runninghub", "--out", str(tmp_path), "--no-job"])

    reported = "No key of RunningHub is set. Put the key of RunningHub into RUNNINGHUB_API_KEY or RH_API_KEY."
    assert str(result.exception) == reported


def test_nothing_is_written_into_an_installed_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not by name, and not by default."""
    inside = Path(mockreel.__file__).parent / "contracts" / "live"
    with pytest.raises(NotRecorded, match=r"is in the installed package.*--out DIR"):
        make_plan("runflow", day=DAY, out=inside)
    monkeypatch.setattr("mockreel.cassettes.recorder.recording_plan.checkout", lambda: None)
    with pytest.raises(NotRecorded, match=r"not written into an installed package.*--out DIR"):
        make_plan("runflow", day=DAY)


def test_in_a_checkout_cassettes_go_to_the_live_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of their provider."""
    monkeypatch.setattr("mockreel.cassettes.recorder.recording_plan.checkout", lambda: tmp_path)

    assert make_plan("aimlapi", day=DAY).out == tmp_path / "contracts/aimlapi/cassettes/live"


def test_a_cassette_that_is_there_is_not_overwritten(imitate: Imitate, record: Record, tmp_path: Path) -> None:
    """Nor is any request repeated for it."""
    imitation = imitate("runflow")
    record("runflow", "--no-job")
    before, requested = written(tmp_path), len(imitation.received)
    result = record("runflow", "--no-job")

    assert "is there already, and is not overwritten" in str(result.exception)
    assert (written(tmp_path), len(imitation.received)) == (before, requested)


def test_a_server_that_nobody_vouches_for_gets_no_key(
    imitate: Imitate, record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The certificate is verified: the name alone proves nothing."""
    imitation = imitate("runflow")
    monkeypatch.delenv("SSL_CERT_FILE")
    results = [record("runflow", "--no-refusals"), record("runflow")]

    assert [type(result.exception) for result in results] == [NotReached, NotReached]
    assert (imitation.received, (tmp_path / "out").exists()) == ([], False)


def test_a_server_that_does_not_answer_leaves_no_empty_cassette(
    imitate: Imitate, record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is reported in a sentence."""
    imitate("runflow", port=1)
    monkeypatch.setattr("socket.create_connection", refusing)
    result = record("runflow")

    assert "Runflow gave no answer at https://api.runflow.io" in str(result.exception)
    assert not (tmp_path / "out").exists()


def refusing(*_: object, **__: object) -> None:
    raise ConnectionRefusedError("refused")


def test_a_provider_that_breaks_while_the_job_runs_costs_no_recording(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """What was paid for is recorded, with the responses that cannot be parsed."""
    imitation = imitate("runflow")
    imitation.breaks = True
    result = record("runflow", "--no-refusals")
    (path,) = (tmp_path / "out").iterdir()

    assert result.exit_code == 0, f"{result.output}{result.exception}"
    assert "no state in the response" in result.output
    assert [one.status for one in read_cassette(path).exchanges] == [201, 200]


def test_a_job_that_does_not_end_in_time_is_stored_as_far_as_it_came(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """It was paid for. Polls with equal responses are counted, and not recorded."""
    imitate("runflow", polls=10**9)
    result = record("runflow", "--no-refusals", "--deadline", "0.4")
    (path,) = (tmp_path / "out").iterdir()
    cassette = read_cassette(path)

    assert "The job goes on: resume with wait(" in result.output
    assert [one.method for one in cassette.exchanges] == ["POST", "GET", "GET"]
    assert cassette.filled[0].at == "/interactions"
    assert re.fullmatch(r"\d+ polls with the same response as their neighbours were left out", cassette.filled[0].why)
    assert [call["call"] for call in cassette.expect["calls"]] == ["submit"]


def test_a_job_that_is_waited_for_no_longer_is_recorded_too(
    imitate: Imitate, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the wait, and not the recording."""
    imitate("runflow")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mockreel.client.Client.wait", interrupted)
    result = record("runflow", "--no-refusals")
    (path,) = (tmp_path / "out").iterdir()

    assert "stopped; the job goes on: 01926f3a" in result.output
    assert [call["call"] for call in read_cassette(path).expect["calls"]] == ["submit"]


def test_a_port_that_is_taken_is_reported_before_anything_is_sent(imitate: Imitate, record: Record) -> None:
    """What was paid for must not be lost to it."""
    imitation = imitate("runflow")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        result = record("runflow", "--callback-url", "https://hooks.my-studio.dev/in", "--listen", port)

    assert isinstance(result.exception, PortTaken)
    assert imitation.received == []


def test_a_callback_whose_number_has_lost_its_last_digits_is_the_jobs(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """As one of RunningHub's was published: an id of 19 digits, written as a number by somebody's parser."""
    imitation = imitate("runninghub")
    imitation.called_about = "2052287938007814100"
    with led_to_the_receiver(imitation) as port:
        record("runninghub", "--no-refusals", "--callback-url", CALLBACK_URL, "--listen", str(port), "--wait", "2")
    (path,) = (tmp_path / "out").iterdir()

    assert len(read_cassette(path).callbacks) == 1


def test_a_stranger_who_knows_the_address_puts_nothing_into_the_cassette(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """A callback of another job is answered, and not recorded."""
    imitation = imitate("runflow")
    imitation.called_about = "01926f3a-0000-7d22-9b4e-3f5a6b7c8d9e"
    with led_to_the_receiver(imitation) as port:
        record("runflow", "--no-refusals", "--callback-url", CALLBACK_URL, "--listen", str(port), "--wait", "0.1")
    (path,) = (tmp_path / "out").iterdir()

    assert read_cassette(path).callbacks == ()
