"""The receiver over real sockets answers as it is told, and knows its URLs behind a public address too."""

from urllib.parse import urlsplit

import httpx2
import pytest

from mockreel.conformance.targets.socket_receiver import listening
from mockreel.simulator.in_process.memory_receiver import Behaviour


def test_statuses_are_answered_in_order_and_everything_is_kept() -> None:
    """A 500, then a 200: both attempts are kept with their headers and bytes."""
    with listening() as receiver, httpx2.Client(trust_env=False) as client:
        url = receiver.expect(500, 200)
        statuses = [client.post(url, content=b"{}", headers={"X-Mark": "a"}).status_code for _ in range(2)]

        assert statuses == [500, 200]
        assert [(one.body, one.headers["x-mark"]) for one in receiver.of(url)] == [(b"{}", "a")] * 2


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [("broken", httpx2.RemoteProtocolError), ("refused", httpx2.TransportError), ("timeout", httpx2.ReadTimeout)],
)
def test_troubles_of_the_connection_are_real(behaviour: Behaviour, error: type[Exception]) -> None:
    """A broken answer, a connection that is reset and silence are what a sender sees as such; the attempt is kept."""
    with listening() as receiver, httpx2.Client(trust_env=False, timeout=0.3) as client:
        url = receiver.expect(behaviour)
        with pytest.raises(error):
            client.post(url, content=b"{}")

        assert len(receiver.of(url)) == 1


def test_a_public_address_leads_to_the_same_receiver() -> None:
    """`--callback-url`: the target is given the public address, and a tunnel brings it to where we listen."""
    with listening() as here:
        port = urlsplit(here.url).port
    with listening(public_url="https://tunnel.example/hooks", port=port or 0) as receiver:
        url = receiver.expect(204)
        tunnelled = f"http://127.0.0.1:{port}{urlsplit(url).path}"
        status = httpx2.post(tunnelled, content=b"{}", trust_env=False).status_code

        assert url.startswith("https://tunnel.example/hooks/")
        assert status == 204
        assert len(receiver.of(url)) == 1
