"""The key: where it is sent, and that nothing shows it."""

import base64
import json
import logging
import pickle
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.client_rig import KEY, MODES, PROVIDERS, URL, WORK, Lost, Rig, Trick, rigged

from mockreel.client import AsyncClient, Client, ClientError, KeyWithheld, NotReached, ReplyNotUnderstood
from mockreel.client.http.api_key import Key, api_base
from mockreel.errors import OptionError
from mockreel.proxy.intercept.certificate_authority import authority

every = pytest.mark.parametrize("provider", PROVIDERS)
mode = pytest.mark.parametrize("mode", MODES)
SECRET = "hush-hush"


def test_no_client_is_made_for_another_address() -> None:
    """Nor is its key stored."""
    with pytest.raises(KeyWithheld):
        Client("runflow", key=KEY["runflow"], base_url="https://example.com")


@every
@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_by_default_it_goes_to_the_providers_own_host(provider: str, client: type[Any]) -> None:
    """Over HTTPS."""
    made = client(provider, key=KEY[provider])

    assert made.base_url.startswith("https://")
    assert httpx2.URL(made.base_url).host in made._core.contract.hosts


@pytest.mark.parametrize(
    "url",
    [
        "https://api.runflow.io",
        "https://api.runflow.io/",
        "https://API.runflow.io:443",
        "http://127.0.0.1:8701",
        "http://127.9.9.9",
        "http://[::1]:8701",
        "http://localhost:8700/runflow",
        "https://localhost",
    ],
)
def test_where_it_may_go(url: str) -> None:
    """To the provider's API host, and to this machine."""
    assert api_base(url, hosts=["api.runflow.io"], title="Runflow") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.runflow.io",
        "https://api.runflow.io:8443",
        "https://www.runninghub.ai",
        "https://storage.runflow.io",
        "https://api.runflow.io.example.com",
        "https://example.com/api.runflow.io",
        "https://api.runflow.io@example.com",
        "https://example.com#@api.runflow.io",
        "https://example.com\\@api.runflow.io",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1:8701",
        "http://0.0.0.0:8701",
        "http://0x7f000001",
        "https://api.runflow.io?x=1",
        "ftp://127.0.0.1",
        "api.runflow.io",
        "",
    ],
)
def test_where_it_may_not_go(url: str) -> None:
    """The error says where it may."""
    with pytest.raises(KeyWithheld, match=r"is not sent to .*Valid: https://api.runflow.io, or http://127.0.0.1:PORT"):
        api_base(url, hosts=["api.runflow.io"], title="Runflow")


@every
@mode
def test_it_is_sent_with_api_requests_and_nothing_else(provider: str, mode: str, tmp_path: Path) -> None:
    """A result, and a place for uploads, are on other hosts, and so is where a redirect leads."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        outcome = client.run(*WORK[provider])
        requested = len(rig.sent)
        rig.elsewhere = {
            "https://cdn.example/clip.mp4": httpx2.Response(302, headers={"location": "//other.example/clip.mp4"}),
            "https://other.example/clip.mp4": httpx2.Response(200, content=b"clip"),
        }
        client.download(outcome, tmp_path / "one.mp4")
        client.download("https://cdn.example/clip.mp4", tmp_path / "two.mp4")

        assert (tmp_path / "two.mp4").read_bytes() == b"clip"
        assert all(SECRET in str(request.headers.raw) for request in rig.sent[:requested])
        assert len(rig.sent[requested:]) == 3
        assert not any(SECRET in f"{request.headers.raw}{request.url}" for request in rig.sent[requested:])


@mode
def test_no_key_goes_to_where_a_file_is_put(mode: str, tmp_path: Path) -> None:
    """The upload URL comes from a response."""
    (tmp_path / "boat.png").write_bytes(b"\x89PNG")
    target = "https://storage.example/put?signature=abc"
    with rigged("runflow", mode) as rig:
        rig.tricks = [
            httpx2.Response(201, json={"asset_id": "01a1fbc1-60a7-7335-9e7a-f48a3848d822", "upload_url": target})
        ]
        rig.elsewhere = {target: httpx2.Response(200)}
        rig.tricks.append(httpx2.Response(201, json={"id": "a", "url": "https://cdn.example/boat.png?s=1"}))
        rig.client().upload(tmp_path / "boat.png")
        first, put, last = rig.sent

    assert SECRET in str(first.headers.raw)
    assert SECRET in str(last.headers.raw)
    assert SECRET not in str(put.headers.raw)
    assert (put.method, put.headers["content-type"], put.content) == ("PUT", "image/png", b"\x89PNG")


@every
@mode
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_of_the_api_is_not_followed(provider: str, mode: str, status: int) -> None:
    """It would send the key elsewhere, and a submit twice."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        rig.tricks = [httpx2.Response(status, headers={"location": "https://evil.example/"}) for _ in range(2)]
        with pytest.raises(ReplyNotUnderstood, match=f"the response was {status}, which would send the key elsewhere"):
            client.poll("2123954254322396606")
        with pytest.raises(ClientError, match=f"the response was {status}"):
            client.submit(*WORK[provider])

        assert len(rig.sent) == 2


def _shown(error: BaseException) -> Iterator[str]:
    """Whatever a report of an error may show: its text, its data, its causes, and what their requests carry."""
    seen: BaseException | None = error
    yield "".join(traceback.format_exception(error))
    while seen is not None:
        yield f"{seen!r} {vars(seen)} {seen.args}"
        request = getattr(seen, "_request", None)
        yield str(request and request.headers.raw)
        seen = seen.__cause__ or seen.__context__


@contextmanager
def _everything_logged() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    root, handler = logging.getLogger(), Keeping(0)
    level = root.level
    root.addHandler(handler)
    root.setLevel(0)
    try:
        yield records
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@every
@mode
def test_no_error_no_log_and_no_repr_shows_it(provider: str, mode: str) -> None:
    """Not even if the provider repeats it, and not in the cause of an error."""
    echo = httpx2.Response(400, json={"message": f"bad key {KEY[provider]}", "msg": KEY[provider], "code": "X"})
    request = httpx2.Request("POST", URL, headers={"authorization": KEY[provider]})
    tricks: list[Trick] = [
        echo,
        Lost(httpx2.ReadError("gone", request=request)),
        *[httpx2.ConnectError("no", request=request)] * 5,
    ]
    with rigged(provider, mode) as rig, _everything_logged() as records:
        client = rig.client()
        shown = [repr(client), repr(client.job("some-id"))]
        rig.tricks = list(tricks)
        for _ in range(3):
            with pytest.raises(ClientError) as at:
                client.submit(*WORK[provider])
            shown += _shown(at.value)
        shown += [
            repr(client.run(*WORK[provider])),
            repr(vars(client._core if mode == "sync" else client._client._core)),
        ]

    shown += [f"{record.getMessage()} {record.args}" for record in records]
    assert [text for text in shown if KEY[provider] in text] == []


HUSH = "hush-Zk4mPq9XwL2vTn8B"


def _forms(key: str) -> dict[str, str]:
    """A key as a provider may repeat it."""
    return {
        "plain": key,
        "inside a word": f"X{key}",
        "base64": base64.b64encode(f"Bearer {key}".encode()).decode(),
        "percent-encoded": "".join(f"%{one:02x}" for one in key.encode()),
        "of another, in an address": f"https://files.example/a?X-Amz-Signature={HUSH}&token={HUSH}",
        "of another, in JSON": json.dumps({"api_key": HUSH}),
        "of another, as a login": f"https://user:{HUSH}@files.example/",
    }


@every
@pytest.mark.parametrize("form", _forms("x" * 20))
def test_no_error_shows_a_secret_that_the_provider_repeats(provider: str, form: str) -> None:
    """In whichever field it stands, and however it is written: a code, a message, an id, a state, a reason."""
    key = f"{KEY[provider]}-Qm7"
    said = _forms(key)[form]
    texts = "code message msg name title detail request_id status state status_code taskId id errorCode errorMessage"
    echo = {**dict.fromkeys(texts.split(), said), "errors": [{"msg": said, "loc": [said]}], "error": {"message": said}}
    with rigged(provider) as rig:
        client = rig.client(key=key)
        for status in (400, 401, 404, 422, 200):
            rig.tricks = [httpx2.Response(status, json=echo, headers={"x-request-id": said}) for _ in range(9)]
            with pytest.raises(ClientError) as at:
                client.poll("2123954254322396606")
            shown = f"{at.value} {at.value!r} {vars(at.value)}"
            assert [one for one in (key, said, HUSH) if one in shown] == [], status


@every
def test_an_error_keeps_what_is_no_secret(provider: str) -> None:
    """A short key is a word of its language, and nothing is cut out of it."""
    said = "The boat of the last test was not found."
    echo = {"code": "said", "message": said, "msg": said, "errorCode": "said", "errorMessage": said}
    with rigged(provider) as rig:
        rig.tricks = [httpx2.Response(400, json=echo)]
        with pytest.raises(ClientError, match="The boat of the last test was not found"):
            rig.client(key="test").poll("2123954254322396606")


def test_a_key_is_neither_shown_nor_pickled() -> None:
    """By accident, that is."""
    key = Key(KEY["runflow"])

    assert SECRET not in f"{key!r}{key}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)


@pytest.mark.parametrize("key", ["", " ", "two\nlines", "schlüssel", "ends-in-space "])
def test_a_key_that_no_header_can_carry_is_rejected_at_once(key: str) -> None:
    """The error does not repeat it."""
    with pytest.raises(
        OptionError, match=r"^key: '…' is not valid. It is empty, or has characters that are invalid in a header"
    ):
        Client("runflow", key=key)


def test_certificates_are_verified_and_a_bad_one_is_final() -> None:
    """Nothing switches that off, and no second try would change it."""
    client = Client("runflow", key=KEY["runflow"])
    context = client._client._transport._pool._ssl_context  # type: ignore[attr-defined]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname

    with rigged("runflow") as rig:
        distrust = httpx2.ConnectError("certificate verify failed")
        distrust.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
        rig.tricks = [distrust]
        with pytest.raises(NotReached, match="certificate verify failed"):
            rig.client().poll("x")
        assert len(rig.sent) == 1


def test_an_untrusted_server_gets_no_key() -> None:
    """It is connected to once, its certificate is rejected, and nothing is sent."""
    received: list[bytes] = []
    with authority(["127.0.0.1"], {}) as unknown, socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            calling, _ = listening.accept()
            with calling, suppress(OSError), unknown.context.wrap_socket(calling, server_side=True) as wrapped:
                received.append(wrapped.recv(65536))

        serving = threading.Thread(target=serve)
        serving.start()
        with (
            Client("runflow", key=KEY["runflow"], base_url=f"https://127.0.0.1:{listening.getsockname()[1]}") as client,
            pytest.raises(NotReached, match="certificate verify failed"),
        ):
            client.poll("some-id")
        serving.join()

    assert SECRET not in str(received)


def test_a_proxy_of_the_environment_does_not_see_what_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would get the key in the clear; what leaves the machine is end to end TLS."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    local = Client("runflow", key=KEY["runflow"], base_url="http://127.0.0.1:1")
    far = Client("runflow", key=KEY["runflow"])

    assert not local._client._mounts
    assert far._client._mounts


def test_the_path_of_a_request_leads_nowhere_else() -> None:
    """Whatever a model or an id is called."""

    def refused(rig: Rig, model: str) -> bool:
        try:
            rig.client().submit(model, {})
        except Exception as problem:
            return "must not contain others" in str(problem)
        return False

    with rigged("runflow") as rig:
        assert all(refused(rig, model) for model in ("../../v1/auth/me", "a//b", "/x", "a/./b"))
        assert rig.sent == []
