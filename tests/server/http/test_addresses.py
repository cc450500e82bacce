"""The addresses of a running mock server: where they are, who may use which, and what is behind them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from server.http_calls import GOOD, ask
from support.caller import FOURTH

from mockreel import __version__
from mockreel.engine.accounts.account import KeyEntry
from mockreel.errors import OptionError
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, serving

TOKEN = "a-token-of-24-signs-here"


def test_each_provider_has_an_address_of_its_own(served: MockServer) -> None:
    """As in the ready file."""
    ready = served.ready(42)

    assert list(ready) == ["pid", "version", "control", "aimlapi", "encore"]
    assert (ready["pid"], ready["version"]) == (42, __version__)
    assert ready["control"] == {"url": served.control.url}
    assert ready["encore"] == {"url": served.encore.url, "key": "en_user_mockreel"}
    assert len({served.control.url, served.encore.url, served.aimlapi.url}) == 3
    with pytest.raises(AttributeError, match="no 'runflow' on this mock server; there are control, aimlapi, encore"):
        _ = served.runflow


def test_the_key_that_is_given_works(served: MockServer) -> None:
    """At its provider."""
    assert ask(served.encore.url, "GET", "/v1/jobs", Authorization=f"Bearer {served.encore.key}")[0] == 200


@pytest.mark.parametrize("host", ["www.other.test", "127.0.0.1", "", "a, b", "[::1"])
def test_a_providers_port_takes_any_host(host: str, served: MockServer) -> None:
    """Real clients send the host of the real provider."""
    status, body, headers = ask(served.encore.url, "GET", "/v1/health", Host=host)

    assert (status, body, headers["mockreel-version"]) == (200, {"well": True}, __version__)


def test_the_control_port_takes_loopback_names_only(served: MockServer) -> None:
    """And prefixes lead to the providers from there."""
    assert ask(served.control.url, "GET", "/_mockreel/clock")[0] == 200
    assert ask(served.control.url, "GET", "/_mockreel/clock", Host="www.other.test")[0] == 403
    assert ask(served.control.url, "GET", "/encore/v1/health")[1] == {"well": True}
    status, body, headers = ask(served.control.url, "GET", "/v1/health")
    assert (status, headers["mockreel-version"]) == (404, __version__)
    assert "/aimlapi/, /encore/" in body["detail"]


@pytest.mark.parametrize("path", ["clock", "jobs", "rules", ""])
def test_a_providers_port_has_no_control_api(path: str, served: MockServer) -> None:
    """Clips and uploads only."""
    assert ask(served.encore.url, "GET", f"/_mockreel/{path}")[0] == 404


def test_with_a_paused_clock_no_date_is_sent(served: MockServer) -> None:
    """The same calls give the same bytes; a running one says what time it is."""
    assert "date" not in ask(served.encore.url, "GET", "/v1/health")[2]
    with serving("encore", data=FOURTH) as running:
        assert "date" in ask(running.encore.url, "GET", "/v1/health")[2]


def test_listed_keys_alone_are_admitted_and_the_first_is_shown(tmp_path: Path) -> None:
    """As entries or as a file."""
    file = tmp_path / "keys.yaml"
    file.write_text("- {key: other, provider: aimlapi}\n- {key: listed}\n")
    for keys in (file, [KeyEntry("other", "a", "aimlapi"), KeyEntry("listed", "a")]):
        with serving("encore", data=FOURTH, keys=keys) as running:
            assert running.encore.key == "listed"
            assert "listed" not in repr(running)
            assert ask(running.encore.url, "GET", "/v1/jobs", Authorization="Bearer listed")[0] == 200
            assert ask(running.encore.url, "GET", "/v1/jobs", Authorization="Bearer other")[0] == 401


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"host": "0.0.0.0"}, "'0.0.0.0' can be reached by other machines and needs listed keys and a control token"),
        (
            {"host": "0.0.0.0", "keys": [KeyEntry("k", "a")]},
            "can be reached by other machines and needs a control token",
        ),
        (
            {"host": "::", "token": TOKEN},
            "needs listed keys and a control token. Add --credentials FILE, .* --host 127",
        ),
    ],
)
def test_off_loopback_nothing_is_open(options: dict[str, Any], says: str) -> None:
    """Keys are listed, and the control API has a token."""
    with pytest.raises(OptionError, match=says):
        Server(Options(("encore",), data=FOURTH, **options))


def test_off_loopback_the_control_api_wants_its_token() -> None:
    """Under whatever name."""
    with serving("encore", data=FOURTH, host="0.0.0.0", keys=[KeyEntry("k", "a")], token=TOKEN) as running:
        assert ask(running.control.url, "GET", "/_mockreel/clock", Host="mock.test")[0] == 403
        found = ask(running.control.url, "GET", "/_mockreel/clock", Host="mock.test", Authorization=f"Bearer {TOKEN}")
        assert found[0] == 200
        assert ask(running.encore.url, "GET", "/v1/jobs")[0] == 200


def test_two_servers_stand_beside_each_other() -> None:
    """In one process, each with its own jobs and its own clock."""
    with serving("encore", data=FOURTH, held=True) as one, serving("encore", data=FOURTH) as other:
        made = ask(one.encore.url, "POST", "/v1/jobs", GOOD)[1]

        assert ask(other.encore.url, "GET", f"/v1/jobs/{made['id']}")[0] == 404
        assert ask(one.control.url, "GET", "/_mockreel/clock")[1]["held"]
        assert not ask(other.control.url, "GET", "/_mockreel/clock")[1]["held"]


def test_a_result_can_be_fetched_from_the_providers_own_port(served: MockServer) -> None:
    """Without a key, as from a file host."""
    made = ask(served.encore.url, "POST", "/v1/jobs", GOOD)[1]
    ask(served.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 100})
    url = ask(served.encore.url, "GET", f"/v1/jobs/{made['id']}")[1]["url"]

    assert url.startswith(f"{served.encore.url}/_mockreel/media/")
    status, clip, headers = ask(url, "GET", urlsplit(url).path, Authorization="")
    assert (status, headers["content-type"]) == (200, "video/mp4")
    assert clip
