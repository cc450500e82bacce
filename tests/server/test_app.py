"""`create_app`: a mock server as an application among others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from support.caller import FOURTH, START

from mockreel import __version__
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.clock import Clock
from mockreel.errors import DataError, OptionError
from mockreel.server import create_app
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "x"}}
KEY = {"authorization": "Bearer k"}


def make(*names: str, **options: Any) -> Starlette:
    defaults = {"data": FOURTH, "accept_any_key": True, "clock": Clock(start=START, held=True)}
    return create_app(*(names or ("encore",)), **{**defaults, **options})


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(make()) as client:
        yield client


def test_one_provider_stands_at_the_root(client: TestClient) -> None:
    """With the control API below its own path."""
    made = client.post("/v1/jobs", json=GOOD, headers=KEY)

    assert made.status_code == 201
    assert client.get(f"/v1/jobs/{made.json()['id']}", headers=KEY).json() == made.json()
    assert client.get("/_mockreel/").json()["providers"]["encore"]["title"] == "Encore"


def test_several_stand_below_their_names() -> None:
    """And every other path is answered with where they are."""
    with TestClient(make("encore", "aimlapi")) as client:
        assert client.get("/encore/v1/health").json() == {"well": True}
        assert client.get("/aimlapi/models").status_code != 501
        for path in ("/", "/v1/health", "/encor/v1/health", "//encore/v1/health"):
            lost = client.get(path)
            assert (lost.status_code, lost.headers["content-type"]) == (404, "application/problem+json")
            assert "/aimlapi/, /encore/" in lost.json()["detail"]
            assert lost.headers["mockreel-version"] == __version__


def test_results_are_fetched_where_they_were_made() -> None:
    """Below the prefix, and below a mount."""
    outer = Starlette(routes=[Mount("/mounted", make("encore", "aimlapi"))])
    with TestClient(outer) as client:
        made = client.post("/mounted/encore/v1/jobs", json=GOOD, headers=KEY)
        client.post("/mounted/_mockreel/clock/advance", json={"seconds": 100})
        done = client.get(f"/mounted/encore/v1/jobs/{made.json()['id']}", headers=KEY).json()

        assert done["url"].startswith("http://testserver/mounted/encore/_mockreel/media/")
        assert client.get(done["url"]).status_code == 200


def test_only_listed_keys_are_admitted_unless_any_key_is_accepted(tmp_path: Path) -> None:
    """Entries, or a file of them."""
    file = tmp_path / "keys.yaml"
    file.write_text("- {key: k}\n")
    for keys in ([KeyEntry("k", "one")], file, str(file)):
        with TestClient(make(accept_any_key=False, keys=keys)) as client:
            assert client.get("/v1/jobs", headers=KEY).status_code == 200
            assert client.get("/v1/jobs", headers={"authorization": "Bearer other"}).status_code == 401
    with TestClient(make(accept_any_key=False)) as client:
        assert client.get("/v1/jobs", headers=KEY).status_code == 401


def test_without_its_lifespan_it_answers_all_the_same() -> None:
    """A test client that is not entered makes an event loop for each request."""
    sink = MemorySender()
    client = TestClient(make(sender=sink))
    made = client.post("/v1/jobs", json={**GOOD, "tell": "http://127.0.0.1:9/"}, headers=KEY)
    for _ in range(3):
        client.post("/_mockreel/clock/advance", json={"seconds": 3})

    assert client.get(f"/v1/jobs/{made.json()['id']}", headers=KEY).json()["state"] == "done"
    assert len(sink.sent) == 1


def test_the_server_is_found_at_the_app() -> None:
    """For who wants to look behind it."""
    assert list(make().state.simulator.providers) == ["encore"]


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/v1/models/encore%2Fgrand%2Ffinale", 200),
        ("/v1/models/encore/grand/finale", 200),
        ("/v1%2Fhealth", 200),
        ("/v1/jobs/a%2Fb", 404),
        ("/v1/jobs/%00%ff%fe", 404),
        ("/v1/jobs/..%2F..%2Fhealth", 404),
        ("/_mockreel/media/..%2f..%2fetc%2fpasswd", 404),
        ("/v1/jobs/%", 404),
        ("/v1/" + "a" * 5000, 404),
    ],
)
def test_a_path_is_read_as_it_is_decoded(path: str, encoded: int, client: TestClient) -> None:
    """An encoded slash is a slash; dots are nothing but dots."""
    answer = client.get(path, headers=KEY)

    assert answer.status_code == encoded
    assert answer.json()


@pytest.mark.parametrize("path", ["/v1/jobs", "/_mockreel/clock", "/"])
def test_a_web_socket_is_rejected(path: str, client: TestClient) -> None:
    """None of the providers speaks it."""
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
        pass


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"readings": {"none": "x"}}, OptionError, "reading: 'none'"),
        ({"keys": "/no/such/keys.yaml"}, DataError, "cannot be read"),
        ({"data": Path("/no/such/folder")}, DataError, "no contract in it"),
    ],
)
def test_what_is_wrong_is_reported_when_the_app_is_made(
    options: dict[str, Any], error: type[Exception], says: str
) -> None:
    """And not on a request."""
    with pytest.raises(error, match=says):
        make(**options)


def test_an_unknown_provider_is_answered_with_the_known_ones() -> None:
    """As the command would."""
    with pytest.raises(OptionError, match=r"provider: 'encor' is not valid\. Valid: .*encore"):
        make("encor")


def test_leaving_it_ends_what_is_under_way() -> None:
    """With a running clock and a job with a webhook."""
    with TestClient(make(clock=Clock(start=START), sender=MemorySender())) as client:
        client.post("/v1/jobs", json={**GOOD, "tell": "http://127.0.0.1:9/"}, headers=KEY)
        agenda = client.app.state.simulator.scheduler  # type: ignore[attr-defined]
        assert len(agenda) == 1

    assert agenda.in_flight == 0
