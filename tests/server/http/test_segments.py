"""Where a network cuts what a client sends makes no difference: not to what is answered, nor to what is rejected."""

from collections.abc import Iterator

import pytest
from server.held_connection import HeldConnection, HeldLoop, held_loop
from server.http.test_fast_path import BODY, CASES, CHUNKED, GET, MOST_BODY, get
from server.test_rejections import JUNK
from support.caller import FOURTH, START

from mockreel import Settings
from mockreel.server.http.connection.connection_limits import HEAD_BYTES
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server

TRAILERS = {
    size: b"X: " + b"y" * (size - len(b"X: \r\n")) + b"\r\n" for size in (HEAD_BYTES, HEAD_BYTES + 1, 2 * HEAD_BYTES)
}
STREAMS = {
    **{name: b"".join(pieces) for name, pieces in CASES.items() if name not in ("a submit, byte by byte", "garbage")},
    **{f"{name} behind": GET * 3 + data + GET for name, (data, _) in JUNK.items()},
    **{f"{name} first": data + GET for name, (data, _) in JUNK.items()},
    "a head of the largest size": GET + get(b"X: " + b"y" * (HEAD_BYTES - 200)) + GET,
    "a head just too large": GET + get(b"X: " + b"y" * HEAD_BYTES) + GET,
    "many small headers": GET + get(*[b"X: yy"] * (HEAD_BYTES // 8)) + GET,
    "a long target": GET + get(path=b"/" + b"y" * HEAD_BYTES) + GET,
    "many large heads on one connection": get(b"X: " + b"y" * (HEAD_BYTES // 2)) * 4 + GET,
    **{
        f"trailers of {size} bytes": GET + CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY) + lines + b"\r\n" + GET
        for size, lines in TRAILERS.items()
    },
}
# As many cuts of a stream are tried, spread over it, beside those around the sizes that buffers have.
CUTS = 25
AROUND = [place + step for place in (1, 2, 4096, 16384, 32768, 65483, HEAD_BYTES, 131072) for step in (-1, 0, 1)]


@pytest.fixture(scope="module")
def loop() -> Iterator[HeldLoop]:
    with held_loop() as loop:
        yield loop


@pytest.fixture(scope="module")
def server(loop: HeldLoop) -> Iterator[Server]:
    """Not run: its protocol is spoken to in memory."""
    options = Options(("encore",), data=FOURTH, held=True, start=START, settings=Settings(max_body=MOST_BODY))
    server = Server(options)
    server._server.config.load()
    yield server
    server.close()


def outcome(loop: HeldLoop, server: Server, *pieces: bytes) -> tuple[list[int], bytes, list[str]]:
    """The statuses, the last response if it is a rejection, and how the connection ends."""
    config = server._server.config
    port = server.sockets["encore"][0].getsockname()[1]
    one = HeldConnection(loop, config, protocol=config.http_protocol_class, port=port)
    one.send(*pieces)
    loop.pass_time(0.1)
    before = -1
    while before < (before := len(one.transport.written)):
        loop.turn()
    written, done = one.transport.written, [*one.done]
    one.lose()
    last = written.rpartition(b"HTTP/1.1 ")[2]
    return one.statuses, last if b"content-type: text/plain; charset=utf-8" in last else b"", done


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_served_the_same_wherever_it_is_cut(name: str, loop: HeldLoop, server: Server) -> None:
    """In two, anywhere."""
    stream = STREAMS[name]
    whole = outcome(loop, server, stream)

    assert whole[0]
    for cut in sorted({*range(1, len(stream), max(1, len(stream) // CUTS)), *AROUND}):
        if 0 < cut < len(stream):
            assert (cut, outcome(loop, server, stream[:cut], stream[cut:])) == (cut, whole)


@pytest.mark.parametrize("size", [1, 7, 1460, 65483])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_served_the_same_in_pieces_of_any_size(
    name: str, size: int, loop: HeldLoop, server: Server
) -> None:
    """Its bytes one by one, and as networks send them."""
    stream = STREAMS[name]
    size = max(size, len(stream) // 500)
    pieces = [stream[place : place + size] for place in range(0, len(stream), size)]

    assert outcome(loop, server, *pieces) == outcome(loop, server, stream)
