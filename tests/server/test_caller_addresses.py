"""Over real sockets: the address of a result leads the client back, whatever it called this machine, also over TLS."""

import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from server.http_calls import GOOD, port_of
from support.caller import FOURTH, START

from mockreel.server.http.tls import made_certificate
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving

ENCORE: dict[str, Any] = {"data": FOURTH, "held": True, "start": START}


def result(server: MockServer, base: str, *, host: str | None = None, verify: Any = True) -> str:
    """The address of a new job's result, as a client gets it that sends a request to `base` with this Host."""
    headers = {"Authorization": "Bearer k", **({"Host": host} if host else {})}
    with httpx2.Client(base_url=base, headers=headers, verify=verify, trust_env=False) as client:
        made = client.post("/v1/jobs", json=GOOD).json()
        server.advance(100)
        url: str = client.get(f"/v1/jobs/{made['id']}").json()["url"]
        return url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_client_reads_the_name_that_it_used(host: str) -> None:
    """And can fetch the result there."""
    with serving("encore", host="localhost", **ENCORE) as server:
        base = f"http://{host}:{port_of(server.encore.url)}"
        url = result(server, base)
        assert url.startswith(f"{base}/_mockreel/media/")
        assert httpx2.get(url, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("options", "host", "base"),
    [
        ({}, "localhost:9000", "http://localhost:9000"),
        ({}, "www.runninghub.cn", "http://127.0.0.1:{port}"),
        ({}, "mock:8701", "http://127.0.0.1:{port}"),
        ({"trusted_hosts": frozenset({"mock"})}, "mock:8701", "http://mock:8701"),
        ({"trusted_hosts": frozenset({"*"})}, "any.example", "http://any.example"),
        ({"public_urls": {"": "https://mock.example/{provider}"}}, "localhost", "https://mock.example/encore"),
        ({"public_urls": {"encore": "http://mock:{port}"}}, "any.example", "http://mock:{port}"),
    ],
)
def test_who_names_it_decides(options: dict[str, Any], host: str, base: str) -> None:
    """A public address, then a trusted Host, then the address of the connection."""
    with serving("encore", **ENCORE, **options) as server:
        port = port_of(server.encore.url)
        assert result(server, server.encore.url, host=host).startswith(f"{base.format(port=port)}/_mockreel/media/")
        below = f"{server.control.url}/encore"
        assert "/encore/_mockreel/media/" in result(server, below)


def test_over_tls_every_address_says_https() -> None:
    """Under any name of this machine."""
    pytest.importorskip("trustme")
    with made_certificate("127.0.0.1") as tls, serving("encore", tls=tls, **ENCORE) as server:
        trusted = ssl.create_default_context(cafile=tls.ca)
        for host in ("127.0.0.1", "localhost"):
            base = f"https://{host}:{port_of(server.encore.url)}"
            url = result(server, base, verify=trusted)
            assert url.startswith(f"{base}/_mockreel/media/")
            assert urlsplit(url).scheme == "https"
