"""The proof: a server full of planted secrets, TLS, the real host names, and not one of them in what is written."""

import logging
import re
from pathlib import Path

import pytest
from cassettes.imitation import CALLBACK_URL, KEYS, PLANTED, Imitation
from cassettes.leaks import left
from cassettes.rig import Imitate, Record, led_to_the_receiver

from mockreel.cassettes import read_cassette
from mockreel.cassettes.cassette_errors import SecretLeft
from mockreel.cassettes.replay.replayer import Replay
from mockreel.cassettes.scan.secret_scan import scan

every = pytest.mark.parametrize("provider", sorted(KEYS))


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
    api = [one for one in imitation.received if not one[1].startswith("cdn.")]
    files = [one for one in imitation.received if one[1].startswith("cdn.")]

    assert sum(imitation.key in headers["authorization"] for _, _, headers, _ in api) >= 4
    assert any(PLANTED["cookie"] in headers.get("cookie", "") for _, _, headers, _ in api)
    assert [path.partition("/")[2][:5] for _, path, _, _ in files] == ["moved", "files"]
    assert not any(imitation.key in str(one) for one in files)


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
    (reported,) = cassette.callbacks

    assert result.exit_code == 0, f"{result.output}{result.exception}"
    assert "callbacks: 1" in result.output
    assert left(tmp_path, secrets_of(imitation)) == []
    assert {name.lower() for name, _ in reported.headers} <= {"content-type", "runflow-signature"}
    assert cassette.expect["callbacks"][0]["gives"]["job"] == cassette.expect["calls"][0]["gives"]["job"]
    assert Replay().replay(cassette).misread == ()


SWITCHES = {
    "request headers": (
        "mockreel.cassettes.redaction.header_values.HeaderRedactor.request",
        lambda self, headers: headers,
    ),
    "reply headers": ("mockreel.cassettes.redaction.header_values.HeaderRedactor.reply", lambda self, headers: headers),
    "callback headers": (
        "mockreel.cassettes.redaction.header_values.HeaderRedactor.webhook_headers",
        lambda self, headers: headers,
    ),
    "own addresses and queries": ("mockreel.cassettes.redaction.urls.AddressRedactor.address", lambda self, url: url),
    "foreign addresses": ("mockreel.cassettes.redaction.placeholders.Placeholders.address", lambda self, url: url),
    "request bodies": (
        "mockreel.cassettes.redaction.body_fields.FieldRedactor.request",
        lambda self, body, known: body,
    ),
    "reply bodies": ("mockreel.cassettes.redaction.body_fields.FieldRedactor.reply", lambda self, body, known: body),
    "fields that nobody knows": (
        "mockreel.cassettes.redaction.placeholders.Placeholders.of",
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
    """What an error response tells of the account, the person and the key."""
    imitate("runflow")
    monkeypatch.setattr("mockreel.cassettes.redaction.storable_text.TextRedactor.sentence", lambda self, value: value)
    result = record("runflow", "--no-job")

    assert isinstance(result.exception, SecretLeft)
    assert any("/message" in place for place in result.exception.places)
    assert not (tmp_path / "out").exists()
