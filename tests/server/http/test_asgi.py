"""Between ASGI and a part: bodies within bounds, disconnects, HEAD, who answers under which address."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from support.caller import Caller, MakeSimulator

from mockreel import __version__
from mockreel.contract.messages.message import Response
from mockreel.server.http.asgi import ByPort, Front, local_path, send_reply, signed
from mockreel.server.http.origin import Origin

GOOD = {"model": "solo", "input": {"prompt": "x"}}
Message = dict[str, Any]


def scope(method: str = "GET", path: str = "/v1/health", **more: Any) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:8701"), (b"authorization", b"Bearer k"), *more.pop("headers", [])]
    base = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    return {**base, "scheme": "http", "server": ("127.0.0.1", 8701), **more}


def ask(app: Any, scope: dict[str, Any], *received: Message) -> tuple[list[Message], int]:
    """What an application sends, and how many messages it took."""
    sent: list[Message] = []
    left = list(received)

    async def receive() -> Message:
        if not left:
            raise AssertionError("it asks for more than there is")
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def go() -> None:
        await app(scope, receive, send)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(go())
    return sent, len(received) - len(left)


def chunks(*bodies: bytes) -> list[Message]:
    last = len(bodies) - 1
    return [{"type": "http.request", "body": body, "more_body": n < last} for n, body in enumerate(bodies)]


GONE: Message = {"type": "http.disconnect"}


@pytest.mark.parametrize("split", [1, 3, 7, 1000])
def test_a_body_in_pieces_is_one_body(split: int, encore: Caller) -> None:
    """However it arrives, empty pieces included."""
    body = orjson.dumps(GOOD)
    pieces = [body[at : at + split] for at in range(0, len(body), split)]
    json = [(b"content-type", b"application/json")]

    sent, _ = ask(Front(encore.provider), scope("POST", "/v1/jobs", headers=json), *chunks(b"", *pieces, b""))

    assert sent[0]["status"] == 201


@pytest.mark.parametrize("pieces", [[b"x" * 100, b"x"], [b"x" * 101], [b"x" * 50] * 10, [b"x" * 1000, b"x" * 1000]])
def test_no_more_of_a_body_is_read_than_is_needed_to_refuse_it(pieces: list[bytes], make_encore: MakeSimulator) -> None:
    """An endless one is refused when the bound is passed."""
    provider = make_encore(max_body=100).provider("encore")

    sent, taken = ask(Front(provider), scope("PUT", "/v1/echo"), *chunks(*pieces))

    assert sent[0]["status"] == 413
    assert sum(len(piece) for piece in pieces[: taken - 1]) <= 100


@pytest.mark.parametrize("before", [[], [{"type": "http.request", "body": b"{", "more_body": True}]])
def test_a_client_that_goes_away_is_not_answered(before: list[Message], encore: Caller) -> None:
    """Half a request is none: nothing is sent, nothing noted."""
    sent, _ = ask(Front(encore.provider), scope("POST", "/v1/jobs"), *before, GONE)

    assert sent == []
    assert len(encore.provider.journal) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_get_is_not_waited_for(method: str, encore: Caller) -> None:
    """None of its operations has one."""
    _, taken = ask(Front(encore.provider), scope(method))

    assert taken == 0


def test_a_head_is_answered_as_the_get_without_its_body(encore: Caller) -> None:
    """The length is the one that the body would have."""
    (start, body), _ = ask(Front(encore.provider), scope("HEAD"))

    assert (start["status"], body["body"]) == (200, b"")
    assert dict(start["headers"])[b"content-length"] == str(len(b'{"well":true}')).encode()


def test_every_reply_says_who_sent_it_and_how_long_it_is(encore: Caller) -> None:
    """Error responses too."""
    for path in ("/v1/health", "/v9", "/_mockreel/media/x.mp4"):
        (start, body), _ = ask(Front(encore.provider), scope(path=path))
        headers = dict(start["headers"])

        assert headers[b"mockreel-version"] == __version__.encode()
        assert int(headers[b"content-length"]) == len(body["body"])


@pytest.mark.parametrize("status", [204, 304])
def test_a_reply_without_a_body_has_no_length(status: int) -> None:
    """HTTP forbids it."""
    sent: list[Message] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(send_reply(Response(status, b""), send, head=False))

    assert [name for name, _ in sent[0]["headers"]] == [b"mockreel-version"]


def test_a_reply_that_says_its_length_is_trusted() -> None:
    """To play one that lies, later."""
    sent: list[Message] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(send_reply(Response(200, b"abc", ((b"content-length", b"9"),)), send, head=False))

    assert [value for name, value in sent[0]["headers"] if name == b"content-length"] == [b"9"]


@pytest.mark.parametrize(
    ("options", "more", "base"),
    [
        ({}, {}, "http://127.0.0.1:8701"),
        ({}, {"scheme": "https"}, "https://127.0.0.1:8701"),
        ({}, {"root_path": "/mount", "path": "/mount/v1/jobs"}, "http://127.0.0.1:8701/mount"),
        ({"prefix": "/encore"}, {"path": "/encore/v1/jobs"}, "http://127.0.0.1:8701/encore"),
        ({"origin": Origin("http://public.test")}, {}, "http://public.test"),
    ],
)
def test_results_are_served_where_the_client_asks(
    options: dict[str, Any], more: dict[str, Any], base: str, encore: Caller
) -> None:
    """Under its scheme, its host, and the place where the application is mounted; or the configured one."""
    sent, _ = ask(Front(encore.provider, **options), scope(**{"path": "/v1/jobs", **more}))

    assert sent[0]["status"] == 200
    assert encore.provider.base_url == base


def test_without_a_host_the_address_of_the_socket_is_taken(encore: Caller) -> None:
    """HTTP/1.0 needs none."""
    ask(Front(encore.provider), {**scope(), "headers": []})

    assert encore.provider.base_url == "http://127.0.0.1:8701"


@pytest.mark.parametrize(
    ("path", "root", "local"),
    [("/a/b", "", "/a/b"), ("/m/a", "/m", "/a"), ("/m", "/m", ""), ("/other", "/m", "/other")],
)
def test_a_path_is_read_below_the_mount(path: str, root: str, local: str) -> None:
    """What stands before is the host's."""
    assert local_path({"path": path, "root_path": root}) == local


def test_a_reply_of_somebody_else_is_signed_too() -> None:
    """Its own headers stay."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def go() -> None:
        await signed(send)({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await signed(send)({"type": "http.response.body", "body": b"x"})

    asyncio.run(go())

    assert sent[0]["headers"] == [(b"a", b"b"), (b"mockreel-version", __version__.encode())]
    assert sent[1] == {"type": "http.response.body", "body": b"x"}


def test_a_provider_is_found_by_its_port_and_by_nothing_else(encore: Caller) -> None:
    """The Host header may say what it likes."""
    requested: list[str] = []

    def named(name: str) -> Callable[..., Awaitable[None]]:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            requested.append(name)

        return app

    by_port = ByPort({8701: named("front")}, named("behind"))
    ask(by_port, scope(headers=[(b"host", b"www.other.test")]))
    ask(by_port, scope(server=("127.0.0.1", 8700)))
    ask(by_port, {"type": "lifespan"})
    ask(by_port, scope(type="websocket"))

    assert requested == ["front", "behind", "behind", "front"]


def test_a_handler_may_let_a_request_wait(encore: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The response is sent when it is there."""

    async def later() -> Response:
        await asyncio.sleep(0)
        return Response(200, b"encore")

    monkeypatch.setattr(encore.provider, "answer", lambda _: later())
    (_, body), _ = ask(Front(encore.provider), scope())

    assert body["body"] == b"encore"
