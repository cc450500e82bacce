"""What passes by becomes a cassette, without secrets; the mock server's responses never do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from proxy.conftest import KEY, Between, FakeUpstream, PutBetween

from mockreel.cassettes import read_cassette
from mockreel.cassettes.cassette_errors import FromMockServer, NotRecorded
from mockreel.contract.messages.message import Response
from mockreel.errors import OptionError
from mockreel.proxy import Plan
from mockreel.proxy.exchange_recorder import ExchangeRecorder, recorder_of

pytest.importorskip("vcr", reason="the extra [record] is not installed")
DAY = date(2026, 1, 1)


@pytest.fixture
def recorded(put_between: PutBetween, tmp_path: Path) -> Callable[[], tuple[Between, ExchangeRecorder]]:
    """A proxy that records."""

    def opened() -> tuple[Between, ExchangeRecorder]:
        output: list[str] = []
        recorder = recorder_of(Plan(providers=("runflow",)), tmp_path / "one.yaml", day=DAY, print_line=output.append)
        return put_between(recorder=recorder), recorder

    return opened


def test_a_job_becomes_a_cassette_without_the_key(recorded: Callable[[], tuple[Between, ExchangeRecorder]]) -> None:
    """It has its source, and can be read like any other."""
    between, recorder = recorded()
    job = between.submit(prompt="a boat of paper").json()["id"]
    between.send("GET", f"/v1/runs/{job}")
    between.send("GET", "/v1/billing/balance", cookie="session=crumbs-of-nobody")
    assert between.output
    recorder.save()

    cassette = read_cassette(recorder.path)
    text = recorder.path.read_text()
    assert (cassette.origin, cassette.provider, cassette.recorded) == ("live", "runflow", "2026-01-01")
    assert [one.status for one in cassette.exchanges] == [201, 200, 200]
    assert cassette.exchanges[0].uri == "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
    assert not [secret for secret in (KEY, "hush-hush", "crumbs-of-nobody", job) if secret in text]


def test_nothing_of_the_mock_server_remains(
    recorded: Callable[[], tuple[Between, ExchangeRecorder]], provider: FakeUpstream
) -> None:
    """Nor are earlier exchanges, as the name was redirected."""
    between, recorder = recorded()
    between.submit()
    provider.tamper = lambda _, response: Response(
        response.status, response.body, (*response.headers, (b"Mockreel-Version", b"0.1.0"))
    )
    between.send("GET", "/v1/health")
    assert between.output

    with pytest.raises(FromMockServer, match="it is the mock server"):
        recorder.save()
    assert not recorder.path.exists()


def test_a_recording_of_nothing_is_an_error(recorded: Callable[[], tuple[Between, ExchangeRecorder]]) -> None:
    """No empty cassette is left."""
    _, recorder = recorded()
    with pytest.raises(NotRecorded, match="No exchange could be recorded"):
        recorder.save()


def test_what_cannot_be_recorded_is_rejected_at_the_start(tmp_path: Path) -> None:
    """Several providers, another host than the provider's, a file that is there."""
    there = tmp_path / "there.yaml"
    there.write_text("kept")
    one = Plan(providers=("runflow",))
    for plan, path, reported in (
        (Plan(), tmp_path / "a.yaml", "A cassette has one provider"),
        (Plan(providers=("runflow",), upstreams={"runflow": "https://a.example"}), tmp_path / "a.yaml", "--upstream"),
        (one, there, "exists already"),
    ):
        with pytest.raises((OptionError, NotRecorded), match=reported):
            recorder_of(plan, path, day=DAY, print_line=print)
    assert there.read_text() == "kept"
