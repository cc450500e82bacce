"""The destination of a call, and the previous proxy for it."""

import pytest

from mockreel.proxy.intercept.host_routes import Routes, is_loopback, previous_proxies


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("files.example.com", 443, "proxy.one"),
        ("inside.corp", 443, None),
        ("deep.inside.corp", 443, None),
        ("notinside.corp", 443, "proxy.one"),
        ("starred.lan", 443, None),
        ("only.port", 8443, None),
        ("only.port", 443, "proxy.one"),
    ],
)
def test_no_proxy_is_read_as_programs_read_it(host: str, port: int, expected: str | None) -> None:
    """By name, by domain, with a star or a dot before it, and with a port."""
    before = previous_proxies(
        {"HTTPS_PROXY": "http://proxy.one:3128", "NO_PROXY": "inside.corp, *.lan,only.port:8443", "OTHER": "kept"}
    )
    found = before.proxy("https", host, port)

    assert (found.hostname if found else None) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HTTPS_PROXY": "http://capitals:1", "https_proxy": "http://small:2"}, "small"),
        ({"ALL_PROXY": "all:3"}, "all"),
        ({"HTTP_PROXY": "http://plain:4"}, None),
        ({"HTTPS_PROXY": "http://some:5", "no_proxy": "*"}, None),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_proxy_for_https_is_found(environment: dict[str, str], expected: str | None) -> None:
    """A variable in lower case takes precedence; ALL_PROXY is the default."""
    found = previous_proxies(environment).proxy("https", "files.example.com", 443)

    assert (found.hostname if found else None) == expected


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_names(host: str, *, here: bool) -> None:
    """And by no other."""
    assert is_loopback(host) == here


def test_what_is_allowed_is_open_and_nothing_else() -> None:
    """A star matches anything; the message says how to allow a host."""
    routes = Routes({"api.one.example": 1}, ("files.example.com", "*.CDN.example"))

    assert routes.is_open("files.example.com")
    assert routes.is_open("a.b.cdn.example")
    assert not routes.is_open("cdn.example")
    assert "hosts (api.one.example). Allow it: mockreel run --allow-host x.y -- COMMAND" in routes.blocked("x.y")
