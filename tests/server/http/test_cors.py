"""Web pages of other origins: not admitted unless the user says so; then to everything that a provider serves."""

from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from server.http_calls import GOOD, ask
from support.caller import FOURTH, START

from mockreel.errors import OptionError
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, serving

PAGE = "http://localhost:5173"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, prefer, idempotency-key",
}


def allowed(headers: dict[str, str]) -> str | None:
    return headers.get("access-control-allow-origin")


def test_without_the_option_no_page_is_admitted() -> None:
    """As the providers document nothing of it."""
    with serving("encore", data=FOURTH) as server:
        _, _, headers = ask(server.encore.url, "GET", "/v1/health", Origin=PAGE)
        status, _, preflight = ask(server.encore.url, "OPTIONS", "/v1/jobs", **PREFLIGHT)

    assert (allowed(headers), allowed(preflight), status) == (None, None, 405)


@pytest.mark.parametrize(("origins", "origin"), [(("*",), "*"), ((PAGE,), PAGE), (("https://other.test", PAGE), PAGE)])
def test_a_page_submits_polls_and_fetches_the_clip(origins: tuple[str, ...], origin: str) -> None:
    """With any header, and it may read every header, also of a refusal."""
    with serving("encore", data=FOURTH, cors=origins, held=True, start=START) as server:
        url = server.encore.url
        status, _, headers = ask(url, "OPTIONS", "/v1/jobs", **PREFLIGHT)
        assert (status, allowed(headers)) == (200, origin)
        assert {"authorization", "content-type", "prefer", "idempotency-key"} <= {
            name.strip() for name in headers["access-control-allow-headers"].lower().split(",")
        }
        assert "POST" in headers["access-control-allow-methods"]
        status, made, headers = ask(url, "POST", "/v1/jobs", GOOD, Origin=PAGE)
        assert (status, allowed(headers), headers["access-control-expose-headers"]) == (201, origin, "*")
        server.advance(100)
        job = ask(url, "GET", f"/v1/jobs/{made['id']}", Origin=PAGE)[1]
        status, clip, headers = ask(url, "GET", urlsplit(job["url"]).path, Origin=PAGE)
        assert (status, allowed(headers), bool(clip)) == (200, origin, True)
        status, _, headers = ask(url, "GET", "/v1/nothing", Origin=PAGE)
        assert (status, allowed(headers)) == (404, origin)


def test_another_page_is_not_admitted() -> None:
    """Where origins are named."""
    with serving("encore", data=FOURTH, cors=(PAGE,)) as server:
        assert allowed(ask(server.encore.url, "GET", "/v1/health", Origin="https://evil.example")[2]) is None


def test_the_control_api_admits_no_page() -> None:
    """Whatever the providers' ports do."""
    with serving("encore", data=FOURTH, cors=("*",)) as server:
        status, _, headers = ask(server.control.url, "GET", "/_mockreel/clock", Origin=PAGE)

    assert (status, allowed(headers)) == (403, None)


@pytest.mark.parametrize("fault", ["reset", "close", "truncated", "garbage", "reset; at=middle"])
def test_faults_are_played_all_the_same(fault: str) -> None:
    """The connection is had below what admits pages."""
    with (
        serving("encore", data=FOURTH, cors=("*",)) as server,
        httpx2.Client(base_url=server.encore.url, headers={"Origin": PAGE}, trust_env=False) as client,
    ):
        with pytest.raises(httpx2.TransportError):
            client.get("/v1/health", headers={"Prefer": f"fault={fault}"})
        assert client.get("/v1/health").status_code == 200


@pytest.mark.parametrize("origin", ["localhost:5173", "http://localhost:5173/", "http://a/b", "ftp://a", "http://", ""])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    """With what one looks like, and no port is held for it."""
    options: dict[str, Any] = {"data": FOURTH, "cors": (origin,)}
    with pytest.raises(OptionError, match=r"--cors: .* is not valid\. Valid: \*, http://localhost:5173"):
        Server(Options(("encore",), **options))
