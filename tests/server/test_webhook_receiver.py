"""The two commands together: what is triggered is received, shown, forwarded and answered."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel.cli import group
from mockreel.contract import load_contract, providers
from mockreel.errors import OptionError, PortTaken
from mockreel.server.webhook_receiver import MOST_BYTES, HandledWebhook, Receiver, Server
from mockreel.simulator.in_process.sample_webhooks import happening
from mockreel.webhooks import Targets, sign
from mockreel.webhooks.recognition import Recogniser

CONTRACTS = [load_contract(name) for name in providers()]


@contextmanager
def _listening(*, secrets: tuple[str, ...] = (), **options: Any) -> Iterator[tuple[str, list[HandledWebhook]]]:
    """A receiver on a free port, and what it has received."""
    taken: list[HandledWebhook] = []
    ready = threading.Event()
    receiver = Receiver(
        Recogniser(CONTRACTS, secrets=secrets), options.pop("targets", Targets()), taken.append, **options
    )
    server = Server(receiver, ready=lambda _: ready.set())
    thread = threading.Thread(target=server.listen)
    thread.start()
    assert ready.wait(10)
    try:
        yield server.url, taken
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def handler() -> Iterator[WebhookReceiver]:
    """A handler that answers 409 with a word."""
    with webhook_receiver(lambda _: 409, answer=b"already done") as found:
        yield found


def _trigger(*words: str) -> Result:
    return CliRunner().invoke(group, ["trigger", *words])


def _post(url: str, body: bytes, **headers: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.post(url, content=body, headers=headers)


def test_what_is_triggered_is_received() -> None:
    """With a good signature, and the fields that were set."""
    with _listening(secrets=("a secret",)) as (url, taken):
        result = _trigger("runflow", "run.failed", "--to", url, "--secret", "a secret", "--set", "metadata.order=17")

    assert result.exit_code == 0, result.output
    assert f"run.failed (create_run, failed) to {url}: answered 200" in result.output
    (one,) = taken
    assert (one.webhook.word, one.webhook.signature, one.answered) == ("run.failed", "good", 200)
    assert one.webhook.payload["metadata"] == {"order": 17}


@pytest.mark.parametrize("secret", [["--secret", "another"], []])
def test_a_forged_callback_is_answered_with_400_and_not_handed_on(handler: WebhookReceiver, secret: list[str]) -> None:
    """Signed with another secret, or not at all."""
    with _listening(secrets=("a secret",), forward=handler.url) as (url, taken):
        result = _trigger("runflow", "run.failed", "--to", url, *secret)

    assert result.exit_code == 1
    assert "answered 400: Its signature is" in result.output
    assert taken[0].handed == "not handed on"
    assert handler.received == []


def test_a_handler_gets_the_same_bytes_and_headers_and_its_answer_is_passed_back(
    handler: WebhookReceiver,
) -> None:
    """So that it can verify the signature itself."""
    contract = load_contract("runflow")
    signature, sent = contract.callbacks.signature, happening(contract, "run.completed")
    assert signature is not None
    headers = {**dict(sent.headers), signature.header: sign(signature, "a secret", sent.body)}
    with _listening(forward=handler.url) as (url, taken):
        reply = _post(f"{url}/anything?x=1", sent.body, **headers)

    assert (reply.status_code, reply.text) == (409, "already done")
    assert taken[0].handed == "handler answered 409"
    (webhook,) = handler.received
    assert webhook.body == sent.body
    assert {name: webhook.headers[name.lower()] for name in headers} == headers


def test_a_handler_that_is_not_there_is_a_bad_gateway() -> None:
    """With the reason, so that the sender tries again."""
    sent = happening(load_contract("runninghub"), "TASK_END")
    with _listening(forward="http://127.0.0.1:9/") as (url, _):
        reply = _post(url, sent.body)

    assert reply.status_code == 502
    assert reply.text.startswith("handler ")


@pytest.mark.parametrize(("allowed", "why"), [((), "is not on this machine"), (("192.0.2.1",), "")])
def test_a_handler_elsewhere_must_be_allowed(allowed: tuple[str, ...], why: str) -> None:
    """And it is never the receiver itself."""
    with _listening(forward="http://192.0.2.1/", targets=Targets(allowed=frozenset(allowed))) as (url, taken):
        if not allowed:
            _post(url, happening(load_contract("runninghub"), "TASK_END").body)

    assert why in (taken[0].handed if taken else "")


def test_the_answer_can_be_chosen() -> None:
    """To see what a sender does then."""
    with _listening(answer=503) as (url, _):
        assert _trigger("runninghub", "TASK_END", "--to", url).exit_code == 1


@pytest.mark.parametrize(
    ("method", "body", "status"), [("GET", b"", 405), ("POST", b"hello", 400), ("POST", b" " * (MOST_BYTES + 1), 413)]
)
def test_what_is_no_callback_is_not_accepted(
    method: str, body: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Another method, another body, or too much of it; each is told."""
    with _listening() as (url, _), httpx2.Client(trust_env=False) as client:
        response = client.request(method, url, content=body)

    assert response.status_code == status
    assert response.headers.get("allow") == ("POST" if status == 405 else None)
    if status != 400:  # shown as a callback is
        assert [f": {status}: A webhook " in record.getMessage() for record in caplog.records] == [True]


def test_a_port_in_use_is_reported() -> None:
    """As `serve` tells it."""
    with _listening() as (url, _), pytest.raises(PortTaken, match="Choose other ports with --port N"):
        Server(Receiver(Recogniser([]), Targets(), lambda _: None), port=int(url[-5:].strip(":/")), ready=print)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_shows_each_callback_and_stops_after_so_many(tmp_path: Path, *, as_json: bool) -> None:
    """As a line for people, or as a line of JSON; the ready file says where it listens, and goes."""
    ready = tmp_path / "ready.json"
    words = ["listen", "--port", "0", "--count", "1", "--ready-file", str(ready), *(["--json"] if as_json else [])]
    sending = threading.Thread(target=_send_when_ready, args=(ready,))
    sending.start()
    shown = CliRunner().invoke(group, words)
    sending.join()

    assert shown.exit_code == 0, shown.output
    assert not ready.exists()
    line = shown.output.splitlines()[-1]
    if as_json:
        row = json.loads(line)
        assert (row["event"], row["signature"], row["answered"]) == ("run.failed", "none", 200)
    else:
        assert line.startswith("Runflow run.failed ")
        assert line.endswith("failed, unsigned, not handed on, answered 200")


HUSH = "hush-Zk4mPq9XwL2vTn8B"


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("provider", ["runflow", "runninghub"])
def test_the_command_shows_no_secret_and_no_endless_text(provider: str, tmp_path: Path, *, as_json: bool) -> None:
    """Its own, in whichever field and form one stands, and those of the provider; nothing acts on the terminal."""
    own, ready = "whsec_Bn5Vq8Xk2Wm7Lz4R", tmp_path / "ready.json"
    nested = json.dumps({"status": "SUCCESS", "userApiKey": HUSH, "url": f"https://f.example/a?X-Amz-Signature={HUSH}"})
    shown = [
        "boat",
        own,
        base64.b64encode(own.encode()).decode(),
        f"https://u:{HUSH}@f.example/?token={HUSH}",
        "z" * 99_999,
    ]
    bodies = [
        {"event": text, "run_id": text, "status": text, "timestamp": text, "error": {"api_key": HUSH}, "output": nested}
        if provider == "runflow"
        else {"event": text, "taskId": text, "eventData": nested, "apiKey": HUSH}
        for text in [*shown, "\x1b]52;c;QQ==\x07\u202e"]
    ]

    def send() -> None:
        while not ready.exists():
            threading.Event().wait(0.02)
        for body in bodies:
            _post(json.loads(ready.read_text())["url"], json.dumps(body).encode(), **{"x-api-key": HUSH})

    sending = threading.Thread(target=send)
    sending.start()
    words = ["listen", "--port", "0", "--count", str(len(bodies)), "--ready-file", str(ready), "--secret", own]
    result = CliRunner().invoke(group, [*words, *(["--json"] if as_json else [])])
    sending.join()

    assert result.exit_code == 0, result.output
    assert [one for one in (own, HUSH, shown[2], "\x1b", "\x07", "\u202e") if one in result.output] == []
    assert "boat" in result.output
    if not as_json:
        assert max(map(len, result.output.splitlines())) < 2000


def _send_when_ready(ready: Path) -> None:
    while not ready.exists():
        threading.Event().wait(0.02)
    _post(json.loads(ready.read_text())["url"], happening(load_contract("runflow"), "failed").body)


def test_the_command_hands_on_to_a_handler(tmp_path: Path, handler: WebhookReceiver) -> None:
    """`--forward-to`: the handler gets what came, and its answer is passed back and shown."""
    ready = tmp_path / "ready.json"
    sending = threading.Thread(target=_send_when_ready, args=(ready,))
    sending.start()
    words = ["listen", "--port", "0", "--count", "1", "--ready-file", str(ready), "--forward-to", handler.url]
    shown = CliRunner().invoke(group, words)
    sending.join()

    assert shown.exit_code == 0, shown.output
    assert [json.loads(body)["event"] for body in handler.bodies] == ["run.failed"]
    assert shown.output.splitlines()[-1].endswith("handler answered 409, answered 409")


@pytest.mark.parametrize("handler", ["nonsense", "localhost:3000", "ftp://127.0.0.1/", "http://", "http://h:99999/"])
def test_a_handler_that_is_no_address_is_refused_at_once(handler: str) -> None:
    """Else it would be found out with the first callback, which would be lost."""
    result = CliRunner().invoke(group, ["listen", "--port", "0", "--count", "1", "--forward-to", handler])

    assert isinstance(result.exception, OptionError)
    assert f"--forward-to: {handler!r} is not valid. Give the handler's address" in str(result.exception)


def test_the_command_leaves_the_ready_file_of_who_holds_its_port(tmp_path: Path) -> None:
    """It is reported that the port is in use before the file is touched."""
    ready = tmp_path / "ready.json"
    ready.write_text("another's")
    with _listening() as (url, _):
        words = ["listen", "--port", url.rpartition(":")[2], "--ready-file", str(ready)]
        result = CliRunner().invoke(group, words)

    assert isinstance(result.exception, PortTaken)
    assert ready.read_text() == "another's"


def test_without_a_target_the_bytes_are_shown_with_their_signature() -> None:
    """They are what `curl --data-binary` would send."""
    signature = load_contract("runflow").callbacks.signature
    assert signature is not None
    shown = _trigger("runflow", "run.completed", "--secret", "s", "--seed", "7").stdout
    head, _, body = shown.partition("\n\n")

    assert f"{signature.header}: {sign(signature, 's', body.rstrip().encode())}" in head


def test_without_an_event_they_are_listed() -> None:
    """Each with its ends and what may have begun it."""
    assert "TASK_END  succeeded, failed, cancelled  submit_task, " in _trigger("runninghub").output
    assert _trigger("aimlapi").output == "AI/ML API documents no webhook for its jobs.\n"


def test_a_payload_that_is_not_as_documented_is_reported() -> None:
    """It may be intended, and is shown or sent all the same."""
    result = _trigger("runflow", "run.completed", "--set", "status=exploded")

    assert result.stderr.startswith("not as documented: /status: ")
    assert '"status":"exploded"' in result.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("http://192.0.2.1/",), "is not on this machine. Allow it: --allow-host"),
        (("http://127.0.0.1:9/",), "was not accepted"),
        (("ftp://127.0.0.1/",), "use http or https"),
    ],
)
def test_what_cannot_be_sent_is_reported(words: tuple[str, ...], why: str) -> None:
    """This machine only, unless another is allowed."""
    result = _trigger("runflow", "run.completed", "--to", *words)

    assert result.exit_code == 1
    assert why in result.stderr


def test_a_secret_for_a_provider_that_signs_nothing_is_an_error() -> None:
    """Which is better than a signature that no real callback has; the secret is not shown."""
    result = _trigger("runninghub", "TASK_END", "--secret", "whsec_private")

    assert "RunningHub does not sign webhooks" in str(result.exception)
    assert "whsec_private" not in str(result.exception)
