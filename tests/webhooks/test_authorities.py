"""Receivers of webhooks with a self-made certificate: trusted if the user says so, else the error says how."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest

from mockreel.errors import OptionError
from mockreel.webhooks import HttpSender, Outcome, Outgoing, Targets
from mockreel.webhooks.authorities import check_authority, trust

trustme = pytest.importorskip("trustme")


@dataclass(frozen=True)
class Own:
    """A certificate for this machine, and the file of its authority."""

    context: ssl.SSLContext
    ca: Path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
    ca = tmp_path_factory.mktemp("own") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    return Own(context, ca)


def sent(own: Own, *, host: str = "localhost", ca: Path | None = None) -> Outcome:
    """The outcome of one attempt to `https://HOST` with that certificate."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    async def go() -> Outcome:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=own.context)
        url = f"https://{host}:{server.sockets[0].getsockname()[1]}/hook"
        sender = HttpSender(Targets(), ca=ca)
        try:
            return await sender.send(Outgoing(url, (), b"{}", 5.0))
        finally:
            await sender.close()
            server.close()

    return asyncio.run(go())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_webhook_arrives_where_its_authority_is_named(own: Own, host: str) -> None:
    """By option."""
    assert sent(own, host=host, ca=own.ca) == Outcome(204)


def test_the_environment_names_authorities_too(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenSSL, curl and Python's clients read it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(own.ca))

    assert sent(own) == Outcome(204)


def test_what_is_named_is_trusted_beside_the_usual(own: Own) -> None:
    """Both the usual authorities and the named ones."""
    usual = len(trust(None, {}).get_ca_certs())

    assert len(trust(own.ca, {}).get_ca_certs()) == usual + 1


def test_an_untrusted_receiver_is_reported_with_the_remedy(own: Own) -> None:
    """And the webhook is not sent."""
    outcome = sent(own)

    assert outcome.error == "network"
    assert "the receiver's certificate is not trusted: " in outcome.detail
    assert outcome.detail.endswith("name its authority: --ca FILE, or SSL_CERT_FILE")


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_a_certificate_is_rejected_at_once(tmp_path: Path, content: str | None) -> None:
    """Before the first webhook."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(OptionError, match=r"--ca: '.*ca\.pem' is not valid\. It must have certificates in PEM form"):
        check_authority(path)


def test_a_variable_that_names_no_certificate_is_an_outcome(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome has the reason."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))

    outcome = sent(own, ca=own.ca)

    assert (outcome.status, outcome.error) == (None, "network")
    assert outcome.detail.startswith("SSL_CERT_FILE: ")
