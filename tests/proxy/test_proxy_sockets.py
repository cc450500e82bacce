"""The proxy's sockets and options: what is wrong is one sentence before anything is forwarded."""

import socket
from decimal import Decimal
from pathlib import Path

import pytest

from mockreel.errors import MockreelError, OptionError, PortTaken
from mockreel.proxy import Plan, Proxy


def _rejected(plan: Plan) -> str:
    with pytest.raises(MockreelError) as reported:
        Proxy(plan, print_line=print)
    return str(reported.value)


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("http://api.example.com", "Unencrypted, a key is sent to this machine only."),
        ("ftp://api.example.com", "Give scheme, host"),
        ("https://user:word@api.example.com/x", "Give scheme, host"),
        ("https://api.example.com:99999", "Port out of range"),
        ("api.example.com", "https://api.runflow.io"),
    ],
)
def test_an_upstream_that_keys_must_not_go_to(url: str, reported: str) -> None:
    """Each with what is valid; a password in it is not repeated."""
    output = _rejected(Plan(providers=("runflow",), upstreams={"runflow": url}))

    assert output.startswith("--upstream: ")
    assert reported in output
    assert "word" not in output


def test_an_upstream_for_an_unknown_provider_is_an_error() -> None:
    """The providers are listed."""
    assert "'nobody' is not valid. Valid: runflow." in _rejected(
        Plan(providers=("runflow",), upstreams={"nobody": "https://a.example"})
    )


def test_a_file_of_authorities_that_has_none(tmp_path: Path) -> None:
    """Missing, or something else."""
    (tmp_path / "notes.txt").write_text("no certificate")
    for name in ("notes.txt", "missing.pem"):
        with pytest.raises(OptionError, match="It must contain certificates in PEM form"):
            Proxy(Plan(providers=("runflow",), ca=tmp_path / name), print_line=print)


def test_a_port_in_use() -> None:
    """It says which, and what to do."""
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Cannot listen on 127\.0\.0\.1:{port}.*--port N"):
            Proxy(Plan(providers=("runflow",), port=port), print_line=print)


def test_the_first_provider_has_the_port() -> None:
    """The others follow, in their order."""
    with pytest.raises(OptionError, match="3 ports in a row are needed, runflow's first"):
        Proxy(Plan(port=65535, limit=Decimal(1)), print_line=print)
