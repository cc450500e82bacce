"""Addresses of receivers that are none are refused before anything is sent."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.errors import OptionError
from mockreel.webhooks import Targets
from mockreel.webhooks.receiver_address import check_receiver_address

NONE = ["", "nohost", "http:///x", "ftp://127.0.0.1/", "http://[x", "http://127.0.0.1:99999/", "http://127.0.0.1:0/"]
NONE += ["http://127.0.0.1:9/\n", "http://127.0.0.1:9/\x1b[31m", "http://127.0.0.1:9/a b", "127.0.0.1:8000/hook"]


@pytest.mark.parametrize("url", NONE)
def test_what_is_no_address_is_refused(url: str) -> None:
    """With one that would be valid."""
    with pytest.raises(OptionError, match=r"^url: .* is not valid\. Give the handler's address, as http://127"):
        check_receiver_address("url", url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:3000/hook", "https://[::1]/", "http://user:word@app:8000/x?a=b"])
def test_an_address_is_taken(url: str) -> None:
    """With a login too, and a name of a container network."""
    check_receiver_address("url", url)


@pytest.mark.parametrize("url", NONE)
@pytest.mark.parametrize(
    "words",
    [
        "check --provider runflow --secret a-secret-of-the-test --handler",
        "listen --port 0 --forward-to",
        "record runflow --yes --max-spend 1 --callback-url",
    ],
)
def test_every_command_refuses_it_before_anything_is_sent(
    words: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict about a handler that cannot exist would be none; a job whose webhook goes nowhere costs money."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNFLOW_API_KEY", "rf_live_of-nobody")
    monkeypatch.setattr("mockreel.cassettes.recorder.recorder.Recorder.refusals", lambda *_: pytest.fail("it was sent"))
    result = CliRunner().invoke(group, [*words.split(), url])

    assert isinstance(result.exception, OptionError), result.output
    assert "Give the handler's address, as http" in str(result.exception)


@pytest.mark.parametrize("url", NONE)
def test_a_map_leads_from_an_address_to_one(url: str) -> None:
    """It would be found out with the first webhook."""
    with pytest.raises(OptionError, match="callback_map"):
        Targets(mapped={"https://app.example": url})
    with pytest.raises(OptionError, match="callback_map"):
        Targets(mapped={url: "http://127.0.0.1:3000"})


@pytest.mark.parametrize("words", [
    ["check", "http://127.0.0.1:9", "--provider", "runflow", "--callback-url"],
    ["check", "--handler", "http://127.0.0.1:9/hook", "--provider", "runflow", "--secret", "x", "--before"],
    ["check", "--provider", "runflow", "--secret", "x", "--handler"],
], ids=lambda words: str(words[-1]))  # fmt: skip
@pytest.mark.parametrize("url", ["auto", "ftp://127.0.0.1/", "127.0.0.1:8000/hook"])
def test_a_check_refuses_what_is_no_address(words: list[str], url: str) -> None:
    """Before it sends anything: else what never came would be told as a fault of the target."""
    result = CliRunner().invoke(group, [*words, url])

    assert isinstance(result.exception, OptionError)
    assert words[-1].removeprefix("--").replace("-", "_") in str(result.exception).replace("-", "_")
