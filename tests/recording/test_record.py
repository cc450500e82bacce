"""The whole way of a recording, without internet: TLS, the real host names, and a server full of planted secrets."""

import base64
import gzip
import logging
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner, Result
from recording.conftest import Imitate
from recording.imitation import CALLBACK_URL, JOBS, KEYS, PLANTED, Imitation

import understudy
from understudy.cli import group
from understudy.client import NotReached
from understudy.errors import PortTaken, UnderstudyError
from understudy.recording import read_cassette
from understudy.recording.errors import NotRecorded, SecretLeft, StandInRefused
from understudy.recording.plan import make_plan
from understudy.recording.replay import Replay
from understudy.recording.scan import scan

PROVIDERS = sorted(KEYS)
VARIABLES = {"runflow": "RUNFLOW_API_KEY", "aimlapi": "AIMLAPI_API_KEY", "runninghub": "RUNNINGHUB_API_KEY"}
KEYED = dict.fromkeys(VARIABLES.values(), "a-key")
DAY = date(2026, 11, 20)
Record = Callable[..., Result]

every = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """The command with a key, into a folder of the test's."""

    def run(provider: str, *options: str, key: str | None = None, answer: str | None = None) -> Result:
        monkeypatch.setenv(VARIABLES[provider], key or KEYS[provider])
        agreed = () if answer is not None else ("--yes", "--max-spend", "5", "--assume-price", "0.5")
        words = ["record", provider, "--out", str(tmp_path / "out"), "--poll", "0.01", *agreed, *options]
        return CliRunner().invoke(group, words, input=answer)

    return run


def disguised(secret: str) -> Iterator[bytes]:
    """A secret in every form in which it could be written, found by means of our own."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield quote(secret, safe="").encode()
    yield quote(unquote(secret), safe="").encode()
    yield unquote(secret).encode()
    for lead in (b"", b"a", b"ab"):
        text = base64.b64encode(lead + raw + b"zzz").decode()
        yield text[4 : (len(lead + raw) // 3) * 4].encode()


def written(folder: Path) -> bytes:
    """Every byte below a folder, names of files included; base64 undone, and what was folded unfolded."""
    found = [
        str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert found
    whole = b"\n".join(found)
    flat = re.sub(rb"\s+|\\\n\s*\\?", b"", whole)
    runs = [one[start:] for one in re.findall(rb"[A-Za-z0-9+/]{16,}", flat) for start in range(4)]
    texts = [base64.b64decode(one[: len(one) // 4 * 4]) for one in runs]
    return b"\n".join([whole, flat, *texts, *(_unpacked(text) for text in texts)])


def _unpacked(text: bytes) -> bytes:
    try:
        return gzip.decompress(text)
    except (OSError, EOFError):
        return b""


def left(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets that stand in a folder, however disguised."""
    there = written(folder).lower()
    return [name for name, secret in secrets.items() if any(one.lower() in there for one in disguised(secret))]


@contextmanager
def led_to_the_receiver(imitation: Imitation) -> Iterator[int]:
    """A port that is free, to which the public address of the callback leads."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    imitation.callback_to = lambda: f"http://127.0.0.1:{port}/in"
    yield port


def secrets_of(imitation: Imitation) -> dict[str, str]:
    return {**PLANTED, "key": imitation.key, "callback URL": CALLBACK_URL, "job": imitation.job}


@every
def test_no_planted_secret_is_in_any_byte_that_is_written(
    provider: str, imitate: Imitate, record: Record, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor in what is printed or logged; and all of them were there to be found."""
    caplog.set_level(logging.DEBUG)
    imitation = imitate(provider)
    result = record(provider)

    assert result.exit_code == 0, f"{result.output}{result.exception}"
    assert left(tmp_path, secrets_of(imitation)) == []
    assert [name for name, secret in secrets_of(imitation).items() if secret in caplog.text and name != "job"] == []
    assert [name for name, secret in secrets_of(imitation).items() if secret in result.output and name != "job"] == []
    assert len(list((tmp_path / "out").iterdir())) == 5
    assert scan([tmp_path / "out"]).found == ()


@every
def test_the_key_goes_to_the_api_and_the_secrets_came_back(provider: str, imitate: Imitate, record: Record) -> None:
    """The proof above proves something: keys were sent, cookies were sent back, files were fetched without a key."""
    imitation = imitate(provider)
    record(provider)
    api = [one for one in imitation.told if not one[1].startswith("cdn.")]
    files = [one for one in imitation.told if one[1].startswith("cdn.")]

    assert sum(imitation.key in headers["authorization"] for _, _, headers, _ in api) >= 4
    assert any(PLANTED["cookie"] in headers.get("cookie", "") for _, _, headers, _ in api)
    assert [path.partition("/")[2][:5] for _, path, _, _ in files] == ["moved", "files"]
    assert not any(imitation.key in str(one) for one in files)


@every
def test_what_was_recorded_replays(provider: str, imitate: Imitate, record: Record, tmp_path: Path) -> None:
    """Each reply is valid against the contract, and the reference client gets what the metadata states."""
    imitate(provider)
    record(provider)

    for path in sorted((tmp_path / "out").iterdir()):
        found = Replay().replay(read_cassette(path))
        assert (found.broke, found.misread, found.unused) == ("", (), ()), path.name


@pytest.mark.parametrize("provider", ["runflow", "runninghub"])
def test_the_callback_is_recorded_without_its_secrets(
    provider: str, imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """Its address, its signature, its headers and what its body says of others; it is still read as the job's."""
    imitation = imitate(provider)
    with led_to_the_receiver(imitation) as port:
        result = record(provider, "--no-refusals", "--callback-url", CALLBACK_URL, "--listen", str(port))
    (path,) = (tmp_path / "out").iterdir()
    cassette = read_cassette(path)
    (told,) = cassette.callbacks

    assert result.exit_code == 0, f"{result.output}{result.exception}"
    assert "callbacks: 1" in result.output
    assert left(tmp_path, secrets_of(imitation)) == []
    assert {name.lower() for name, _ in told.headers} <= {"content-type", "runflow-signature"}
    assert cassette.expect["callbacks"][0]["gives"]["job"] == cassette.expect["calls"][0]["gives"]["job"]
    assert Replay().replay(cassette).misread == ()


def test_without_an_address_callbacks_are_not_recorded_and_the_plan_says_so(imitate: Imitate, record: Record) -> None:
    """Nothing is asked for that could not arrive."""
    imitation = imitate("runflow")
    result = record("runflow", "--no-refusals")

    assert "callback: not recorded, as no --callback-url says" in result.output
    assert b"callback_url" not in imitation.told[0][3]


@every
def test_our_own_stand_in_is_refused_before_anything_is_kept(
    provider: str, imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """By the header that its replies carry, in whatever case."""
    imitate(provider, more_headers=[("understudy-version", "0.1.0")])
    result = record(provider)

    assert isinstance(result.exception, StandInRefused)
    assert "it is the stand-in, and not the provider. Nothing was kept" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_refused_key_ends_the_recording_before_the_job(imitate: Imitate, record: Record) -> None:
    """What the wrong key was told is kept; a job is not begun."""
    imitation = imitate("runflow", refuses_the_key=True)
    result = record("runflow")

    assert isinstance(result.exception, NotRecorded)
    assert "Runflow refuses the key. Nothing else was asked, and no job begun." in str(result.exception)
    assert {method for method, *_ in imitation.told} == {"GET"}


def test_what_should_be_refused_and_is_accepted_ends_the_recording(imitate: Imitate, record: Record) -> None:
    """It may cost, so the job is named and its cancellation asked for, where there is such a thing."""
    imitation = imitate("runflow", accepts_everything=True)
    result = record("runflow")

    assert isinstance(result.exception, NotRecorded)
    assert f"began job {JOBS['runflow']}, which may cost" in str(result.exception)
    assert sum(method == "POST" and path.endswith("/runs") for method, path, *_ in imitation.told) == 2


def test_the_plan_and_its_price_are_shown_and_nothing_is_sent_before_you_agree(
    imitate: Imitate, record: Record
) -> None:
    """The answer no ends it."""
    imitation = imitate("runflow")
    result = record("runflow", answer="n\n")

    assert "job: submit of google/veo3.1/lite, polls, its result. Costs 0.12 USD." in result.output
    assert "unknown-job: poll of the unknown job" in result.output
    assert "Send this to the provider? [y/N]: n" in result.output
    assert (result.exit_code, imitation.told) == (1, [])


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
        ("runflow", [], "--yes.*say how much may be spent"),
        ("runflow", ["--max-spend", "1", "--host", "example.com"], "host: 'example.com'.*Valid: api.runflow.io"),
        ("runflow", ["--max-spend", "1", "--model", "no/such"], "needs its input"),
        ("runflow", ["--max-spend", "1", "--model", "no/such", "--input", "{}"], "model: 'no/such' is not valid"),
        ("runflow", ["--max-spend", "1", "--input", "[1]"], "Give a JSON object"),
        ("nobody", ["--max-spend", "1"], "provider: 'nobody' is not valid. Valid: aimlapi, runflow, runninghub"),
    ],
)
def test_what_cannot_be_recorded_is_told_before_anything_is_sent(
    provider: str, options: list[str], text: str, imitate: Imitate, tmp_path: Path
) -> None:
    """In a sentence that says what would do."""
    imitation = imitate("runflow")
    result = CliRunner().invoke(
        group, ["record", provider, "--yes", "--out", str(tmp_path / "out"), *options], env=KEYED
    )

    assert isinstance(result.exception, UnderstudyError), result.output
    assert re.search(text, str(result.exception))
    assert imitation.told == []


def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each that would do."""
    for name in ("RUNNINGHUB_API_KEY", "RH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(group, ["record", "runninghub", "--out", str(tmp_path), "--no-job"])

    assert "Put the key of RunningHub into RUNNINGHUB_API_KEY or RH_API_KEY." in str(result.exception)


def test_nothing_is_written_into_an_installed_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not by name, and not by default."""
    inside = Path(understudy.__file__).parent / "contracts" / "live"
    with pytest.raises(NotRecorded, match=r"lies in the installed package.*--out DIR"):
        make_plan("runflow", day=DAY, out=inside)
    monkeypatch.setattr("understudy.recording.plan.checkout", lambda: None)
    with pytest.raises(NotRecorded, match=r"not written into an installed package.*--out DIR"):
        make_plan("runflow", day=DAY)


def test_in_a_checkout_cassettes_go_to_the_live_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of their provider."""
    monkeypatch.setattr("understudy.recording.plan.checkout", lambda: tmp_path)

    assert make_plan("aimlapi", day=DAY).out == tmp_path / "contracts/aimlapi/cassettes/live"


def test_a_cassette_that_is_there_is_not_overwritten(imitate: Imitate, record: Record, tmp_path: Path) -> None:
    """Nor is anything asked again for it."""
    imitation = imitate("runflow")
    record("runflow", "--no-job")
    before, asked = written(tmp_path), len(imitation.told)
    result = record("runflow", "--no-job")

    assert "is there already, and is not overwritten" in str(result.exception)
    assert (written(tmp_path), len(imitation.told)) == (before, asked)


def test_a_server_that_nobody_vouches_for_gets_no_key(
    imitate: Imitate, record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The certificate is verified: the name alone proves nothing."""
    imitation = imitate("runflow")
    monkeypatch.delenv("SSL_CERT_FILE")
    result = record("runflow", "--no-refusals")

    assert isinstance(result.exception, NotReached)
    assert (imitation.told, (tmp_path / "out").exists()) == ([], False)


def test_a_job_that_does_not_end_in_time_is_kept_as_far_as_it_came(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """It was paid for. Polls that were answered alike are counted, and not kept."""
    imitate("runflow", polls=10**9)
    result = record("runflow", "--no-refusals", "--deadline", "0.4")
    (path,) = (tmp_path / "out").iterdir()
    cassette = read_cassette(path)

    assert "The job goes on: resume with wait(" in result.output
    assert [one.method for one in cassette.exchanges] == ["POST", "GET", "GET"]
    assert cassette.filled[0].at == "/interactions"
    assert re.fullmatch(r"\d+ polls that were answered like those beside them were left out", cassette.filled[0].why)
    assert [call["call"] for call in cassette.expect["calls"]] == ["submit"]


def test_a_job_that_is_waited_for_no_longer_is_kept_too(
    imitate: Imitate, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the wait, and not the recording."""
    imitate("runflow")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("understudy.client.Client.wait", interrupted)
    result = record("runflow", "--no-refusals")
    (path,) = (tmp_path / "out").iterdir()

    assert "stopped; the job goes on: 01926f3a" in result.output
    assert [call["call"] for call in read_cassette(path).expect["calls"]] == ["submit"]


def test_a_port_that_is_taken_is_told_before_anything_is_sent(imitate: Imitate, record: Record) -> None:
    """What was paid for must not be lost to it."""
    imitation = imitate("runflow")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        result = record("runflow", "--callback-url", "https://hooks.my-studio.dev/in", "--listen", port)

    assert isinstance(result.exception, PortTaken)
    assert imitation.told == []


def test_a_stranger_who_knows_the_address_puts_nothing_into_the_cassette(
    imitate: Imitate, record: Record, tmp_path: Path
) -> None:
    """A callback of another job is answered, and not kept."""
    imitation = imitate("runflow")
    imitation.called_about = "01926f3a-0000-7d22-9b4e-3f5a6b7c8d9e"
    with led_to_the_receiver(imitation) as port:
        record("runflow", "--no-refusals", "--callback-url", CALLBACK_URL, "--listen", str(port), "--wait", "0.1")
    (path,) = (tmp_path / "out").iterdir()

    assert read_cassette(path).callbacks == ()


SWITCHES = {
    "request headers": ("understudy.recording.headers.HeaderScrub.asked", lambda self, headers: headers),
    "reply headers": ("understudy.recording.headers.HeaderScrub.told", lambda self, headers: headers),
    "callback headers": ("understudy.recording.headers.HeaderScrub.called", lambda self, headers: headers),
    "own addresses and queries": ("understudy.recording.addresses.AddressScrub.address", lambda self, url: url),
    "foreign addresses": ("understudy.recording.placeholders.Placeholders.address", lambda self, url: url),
    "request bodies": ("understudy.recording.fields.FieldScrub.asked", lambda self, body, known: body),
    "reply bodies": ("understudy.recording.fields.FieldScrub.told", lambda self, body, known: body),
    "fields that nobody knows": (
        "understudy.recording.placeholders.Placeholders.of",
        lambda self, value, sort="text": value,
    ),
}


@pytest.mark.parametrize("kind", SWITCHES)
def test_the_guard_refuses_when_one_kind_of_scrubbing_is_switched_off(
    kind: str, imitate: Imitate, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where, and not what; nothing is written."""
    imitation = imitate("runflow")
    monkeypatch.setattr(*SWITCHES[kind])
    with led_to_the_receiver(imitation) as port:
        result = record("runflow", "--no-refusals", "--callback-url", CALLBACK_URL, "--listen", str(port))

    assert isinstance(result.exception, SecretLeft), f"{result.output}{result.exception!r}"
    assert all(re.match(r"/(interactions|metadata)/|somewhere in the file", place) for place in result.exception.places)
    assert [name for name, secret in secrets_of(imitation).items() if secret in str(result.exception)] == []
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_the_guard_refuses_when_sentences_are_not_cleaned(
    imitate: Imitate, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a refusal tells of the account, the person and the key."""
    imitate("runflow")
    monkeypatch.setattr("understudy.recording.texts.TextScrub.sentence", lambda self, value: value)
    result = record("runflow", "--no-job")

    assert isinstance(result.exception, SecretLeft)
    assert any("/message" in place for place in result.exception.places)
    assert not (tmp_path / "out").exists()
