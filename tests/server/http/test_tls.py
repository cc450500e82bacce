"""A mock server over TLS, and a client that verifies: with the user's certificate, or with one made for the run."""

import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from support.readiness import ready

from mockreel.errors import OptionError
from mockreel.server.http.tls import Tls, encryption, made_certificate, own_certificate
from mockreel.server.log import Lines
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving

trustme = pytest.importorskip("trustme", reason="the extra [run] is not installed")
SUBMIT = "/v1/models/google/veo3.1/lite/runs"
INPUT = {"input": {"prompt": "a paper boat", "duration": "4s"}}


@pytest.fixture
def made() -> Iterator[Tls]:
    """A certificate for the test."""
    with made_certificate("127.0.0.1", ["api.runflow.io"]) as tls:
        yield tls


@pytest.fixture
def played(made: Tls) -> Iterator[MockServer]:
    """Runflow over TLS."""
    with serving("runflow", tls=made, speed=60.0) as server:
        yield server


def _client(server: MockServer, ca: Path | None) -> httpx2.Client:
    trusted = ssl.create_default_context(cafile=ca) if ca else ssl.create_default_context()
    headers = {"authorization": f"Bearer {server.runflow.key}"}
    return httpx2.Client(base_url=server.runflow.url, verify=trusted, headers=headers, trust_env=False)


def test_a_verifying_client_gets_a_job_and_its_clip(played: MockServer) -> None:
    """Every address says https: the mock server's own, the ready file's, and the result's."""
    assert all(address.url.startswith("https://127.0.0.1:") for address in played.addresses.values())
    with _client(played, played.ca) as client:
        job = client.post(SUBMIT, json=INPUT).raise_for_status().json()["id"]
        played.advance(60)
        run = client.get(f"/v1/runs/{job}").json()
        result = run["output"]["outputs"][0]["url"]
        assert result.startswith(played.runflow.url + "/")
        assert len(client.get(result).raise_for_status().content) > 10_000


def test_the_control_api_speaks_tls_too(played: MockServer) -> None:
    """And answers pages of its own origin only."""
    url = f"{played.control.url}/_mockreel/clock"
    with _client(played, played.ca) as client:
        assert client.get(url, headers={"origin": played.control.url}).status_code == 200
        assert client.get(url, headers={"origin": "https://evil.example"}).status_code == 403


def test_who_does_not_know_the_authority_does_not_trust_it(played: MockServer) -> None:
    """The certificate is no other authority's."""
    with _client(played, None) as client, pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        client.get("/v1/health")


def test_the_end_waits_for_no_idle_client(made: Tls, caplog: pytest.LogCaptureFixture) -> None:
    """One that keeps its connection open and does not answer a farewell."""
    with serving("runflow", tls=made) as server:
        client = _client(server, made.ca)
        assert client.get("/v1/health").status_code == 200
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert not caplog.records
    client.close()


def test_what_speaks_no_tls_is_not_answered(played: MockServer) -> None:
    """Not even with an error."""
    with httpx2.Client(trust_env=False) as client, pytest.raises(httpx2.TransportError):
        client.get(played.runflow.url.replace("https", "http") + "/v1/health")


def test_the_authority_is_the_users_alone_and_goes_with_the_run() -> None:
    """There is a certificate in the folder, and no key."""
    with made_certificate("127.0.0.1") as tls:
        assert tls.ca is not None
        folder = tls.ca.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == ["ca.pem"]
        assert "PRIVATE KEY" not in tls.ca.read_text()
    assert not folder.exists()


def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """Who vouches for it is the user's affair."""
    authority = trustme.CA()
    pair = authority.issue_cert("127.0.0.1")
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(b"".join(one.bytes() for one in pair.cert_chain_pems))
    (tmp_path / "key.pem").write_bytes(pair.private_key_pem.bytes())

    tls = own_certificate(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serving("runflow", tls=tls) as server, _client(server, tmp_path / "ca.pem") as client:
        assert server.ca is None
        assert client.get("/v1/health").status_code == 200


def test_what_cannot_be_used_is_reported(tmp_path: Path) -> None:
    """A file that is missing, one that is none, another's key, one without the other."""
    one, other = (trustme.CA().issue_cert("localhost") for _ in range(2))
    paths = {name: tmp_path / f"{name}.pem" for name in ("cert", "key", "other", "none")}
    paths["cert"].write_bytes(one.cert_chain_pems[0].bytes())
    paths["key"].write_bytes(one.private_key_pem.bytes())
    paths["other"].write_bytes(other.private_key_pem.bytes())
    paths["none"].write_text("nothing")
    for certificate, key, reported in (
        (paths["cert"], tmp_path / "missing.pem", "--tls-key: .*There is no such file"),
        (paths["none"], paths["key"], "must be in PEM form"),
        (paths["cert"], paths["other"], "belong together"),
        (paths["cert"], None, "A certificate and its key go together"),
        (None, paths["key"], "A certificate and its key go together"),
    ):
        with pytest.raises(OptionError, match=reported), encryption(False, certificate, key, host="127.0.0.1"):
            pass


def test_the_command_prints_the_file_to_trust(tmp_path: Path) -> None:
    """The ready file names it too; it is gone when the command has ended."""
    file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "mockreel", "serve", "--tls", "--port", "0", "--ready-file", str(file)]
    process = subprocess.Popen([*command, "--provider", "runflow"], stdout=subprocess.PIPE, text=True)
    try:
        found = ready(file, process)
        trusted = ssl.create_default_context(cafile=found["ca"])
        assert httpx2.get(found["runflow"]["url"] + "/v1/health", verify=trusted, trust_env=False).status_code == 200
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert f"{found['ca']}  (trust it while the server runs)" in output
    assert not Path(found["ca"]).exists()


@pytest.mark.parametrize("door", ["runflow", "control"])
def test_plain_http_on_a_port_that_speaks_tls_is_in_the_log_in_words(played: MockServer, door: str) -> None:
    """Its client sees a connection that ends; the log says why."""
    cursor = played.simulator.events.cursor
    url = played.addresses[door].url.replace("https://", "http://")
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{url}/v1/health", trust_env=False)

    (event,) = [one for one in played.simulator.events.since(cursor).events if one.kind == "rejected"]
    assert "Plain HTTP was sent to a TLS port: use https://." in Lines().line(event)
    assert "no answer" in Lines().line(event)
    with _client(played, played.ca) as client:
        assert client.get("/v1/health").status_code == 200


def test_who_does_not_trust_the_certificate_is_in_the_log_in_words(played: MockServer) -> None:
    """The alert says so, where TLS sends one before the handshake is over."""
    cursor = played.simulator.events.cursor
    old = ssl.create_default_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2  # from 1.3 on the server's handshake is over before
    with httpx2.Client(verify=old, trust_env=False) as client, pytest.raises(httpx2.TransportError):
        client.get(f"{played.runflow.url}/v1/health")
    with _client(played, played.ca) as client:  # what was sent before it is read before it
        assert client.get("/v1/health").status_code == 200

    reported = [one.fields["reason"] for one in played.simulator.events.since(cursor).events if one.kind == "rejected"]
    assert reported == ["A client does not trust the certificate: give it the CA file."]
