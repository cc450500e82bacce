"""Where callbacks may go: loopback only, never to the mock server, whatever the URL looks like."""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.errors import OptionError
from mockreel.webhooks import NotAllowed, Target, Targets

# What our name service answers; it gets no other question.
NAMES = {
    "localhost": ["127.0.0.1"],
    "both.test": ["::1", "127.0.0.1"],
    "mixed.test": ["127.0.0.1", "203.0.113.7"],
    "hooks.test": ["203.0.113.7"],
    "inside.test": ["10.1.2.3"],
    "rebound.test": ["127.0.0.1"],
    "self.test": ["0.0.0.0"],
    "2130706433": ["127.0.0.1"],
    "0x7f000001": ["127.0.0.1"],
    "0177.0.0.1": ["127.0.0.1"],
    "127.1": ["127.0.0.1"],
    "3405803783": ["203.0.113.7"],
    "metadata.test": ["169.254.169.254"],
}


async def resolver(host: str, _: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return NAMES.get(host, [])


def targets(**options: Any) -> Targets:
    return Targets(resolver=resolver, own_ports={8700, 8701}, **options)


def resolve(url: str, **options: Any) -> Target:
    return asyncio.run(targets(**options).resolve(url))


@pytest.mark.parametrize(
    ("url", "connects", "host"),
    [
        ("http://127.0.0.1:9000/hook?a=1", ["http://127.0.0.1:9000/hook?a=1"], "127.0.0.1:9000"),
        ("http://localhost/", ["http://127.0.0.1:80/"], "localhost"),
        ("http://localhost", ["http://127.0.0.1:80/"], "localhost"),
        ("https://localhost:9443/x", ["https://127.0.0.1:9443/x"], "localhost:9443"),
        ("https://LOCALHOST/x", ["https://127.0.0.1:443/x"], "LOCALHOST"),
        ("http://[::1]:9000/x", ["http://[::1]:9000/x"], "[::1]:9000"),
        ("http://[::ffff:127.0.0.1]:9000/x", ["http://[::ffff:7f00:1]:9000/x"], "[::ffff:127.0.0.1]:9000"),
        ("http://127.9.8.7:9000/x", ["http://127.9.8.7:9000/x"], "127.9.8.7:9000"),
        ("http://both.test/x", ["http://[::1]:80/x", "http://127.0.0.1:80/x"], "both.test"),
        ("http://2130706433/x", ["http://127.0.0.1:80/x"], "2130706433"),
        ("http://127.1:5/x", ["http://127.0.0.1:5/x"], "127.1:5"),
        ("http://user:pass@localhost:5/x", ["http://127.0.0.1:5/x"], "localhost:5"),
        ("http://localhost/x#part", ["http://127.0.0.1:80/x"], "localhost"),
        ("http://local\thost/\nx", ["http://127.0.0.1:80/x"], "localhost"),
    ],
)
def test_loopback_is_reached_by_whatever_name(url: str, connects: list[str], host: str) -> None:
    """The resolved address is connected to; the Host header is that of the URL."""
    found = resolve(url)

    assert [shown(connect) for connect in found.connects] == [shown(connect) for connect in connects]
    assert found.host == host


def shown(url: str) -> tuple[object, ...]:
    """A URL with its address as an address: IPv6 has several spellings."""
    parts = urlsplit(url)
    return parts.scheme, ipaddress.ip_address(parts.hostname or ""), parts.port, parts.path, parts.query


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.test/x",
        "http://203.0.113.7/x",
        "http://[2001:db8::1]/x",
        "http://[::ffff:203.0.113.7]/x",
        "http://[::ffff:169.254.169.254]/latest",
        "http://metadata.test/latest",
        "http://inside.test/x",
        "http://self.test/x",
        "http://0.0.0.0:9000/x",
        "http://[::]:9000/x",
        "http://3405803783/x",
        "http://mixed.test/x",
        "http://127.0.0.1@hooks.test/x",
        "http://127.0.0.1:80@hooks.test/x",
        "http://localhost%2f@hooks.test/x",
        "http://[::7f00:1]/x",
    ],
)
def test_another_machine_is_not_reached(url: str) -> None:
    """However the URL is dressed up; the reason says how to allow it."""
    with pytest.raises(NotAllowed, match=r"is not on this machine; allow it with --allow-callback .*--callback-map"):
        resolve(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8700/",
        "http://127.0.0.1:8701/v1/runs",
        "http://[::1]:8700/",
        "http://[::ffff:127.0.0.1]:8700/",
        "http://0.0.0.0:8700/",
        "http://[::]:8701/",
        "http://self.test:8701/",
        "http://both.test:8701/",
        "http://2130706433:8701/",
        "http://user@localhost:8700/",
    ],
)
@pytest.mark.parametrize("allowed", [frozenset[str](), frozenset({"*"}), frozenset({"self.test", "0.0.0.0"})])
def test_the_mock_server_itself_is_never_reached(url: str, allowed: frozenset[str]) -> None:
    """Not even where everything is allowed: a callback that makes jobs would never end."""
    with pytest.raises(NotAllowed, match=r"is mockreel itself"):
        resolve(url, allowed=allowed)


def test_the_same_port_of_another_machine_is_another_thing() -> None:
    """If it is allowed at all."""
    assert resolve("http://hooks.test:8700/", allowed=frozenset({"hooks.test"})).host == "hooks.test:8700"


@pytest.mark.parametrize(
    ("allowed", "yes", "no"),
    [
        ({"hooks.test"}, ["http://hooks.test/", "http://HOOKS.test/"], ["http://203.0.113.7/", "http://inside.test/"]),
        ({"10.0.0.0/8"}, ["http://inside.test/", "http://[::ffff:10.1.2.3]/"], ["http://hooks.test/"]),
        ({"10.1.2.99/24"}, ["http://inside.test/"], ["http://10.1.3.1/"]),
        ({"203.0.113.7"}, ["http://hooks.test/", "http://mixed.test/"], ["http://203.0.113.8/"]),
        ({"2001:db8::/32"}, ["http://[2001:db8::1]/"], ["http://hooks.test/"]),
        ({"*"}, ["http://hooks.test/", "http://metadata.test/"], []),
        ({"hooks"}, [], ["http://hooks.test/"]),
    ],
)
def test_hosts_and_networks_can_be_allowed(allowed: set[str], yes: list[str], no: list[str]) -> None:
    """By name, by address, by network, or all."""
    for url in yes:
        assert resolve(url, allowed=frozenset(allowed)).connects
    for url in no:
        with pytest.raises(NotAllowed):
            resolve(url, allowed=frozenset(allowed))


@pytest.mark.parametrize("name", ["*.test", "http://hooks.test", "hooks.test:9000", "hooks.test/x", "", "10.0.0.0/99"])
def test_what_could_never_match_is_refused(name: str) -> None:
    """At the start, and not when webhooks are lost."""
    with pytest.raises(OptionError, match=r"Valid: a host, as .* Give it without scheme, port and path\."):
        Targets(allowed=frozenset({name}))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://localhost/x", "the scheme 'ftp'"),
        ("file:///etc/passwd", "the scheme 'file'"),
        ("javascript:alert(1)", "the scheme 'javascript'"),
        ("//localhost/x", "the scheme ''"),
        ("localhost:9000/x", "the scheme 'localhost'"),
        ("", "the scheme ''"),
        ("http://", "has no host"),
        ("http:///x", "has no host"),
        ("http://:9000/x", "has no host"),
        ("http://localhost:0/x", "the invalid port 0"),
        ("http://localhost:99999/x", "is invalid"),
        ("http://localhost:x/x", "is invalid"),
        ("http://[::1/x", "is invalid"),
        ("http://nobody.test/x", r"'nobody.test' does not resolve; .*--callback-map FROM=TO"),
    ],
)
def test_what_is_no_target_is_rejected_with_the_reason(url: str, says: str) -> None:
    """The job goes on; its delivery fails with this reason."""
    with pytest.raises(NotAllowed, match=says):
        resolve(url)


@given(st.text(max_size=40) | st.builds(lambda rest: f"http://{rest}", st.text(max_size=20)))
def test_any_text_is_a_loopback_target_or_is_rejected(url: str) -> None:
    """No value in a request breaks it or leads to another machine."""
    try:
        found = resolve(url)
    except NotAllowed as reason:
        assert str(reason)  # noqa: PT017
    else:
        assert all(ipaddress.ip_address(urlsplit(one).hostname or "").is_loopback for one in found.connects)


@pytest.mark.parametrize("url", ["http://a\x00b/", "http://" + "a" * 300 + ".test/", "http://ü" * 40, "http://.../"])
def test_the_real_name_service_is_used_for_names_only(url: str) -> None:
    """What can be no name does not resolve; the system's resolver raises in many ways."""
    with pytest.raises(NotAllowed):
        asyncio.run(Targets().resolve(url))


def test_an_address_is_resolved_once() -> None:
    """What is connected to is what was checked: a name that means something else a moment later does not matter."""
    requested: list[str] = []

    async def rebinding(host: str, _: int) -> list[str]:
        requested.append(host)
        return ["127.0.0.1"] if len(requested) == 1 else ["203.0.113.7"]

    found = asyncio.run(Targets(resolver=rebinding).resolve("http://rebound.test:9000/x"))

    assert found.connects == ("http://127.0.0.1:9000/x",)
    assert requested == ["rebound.test"]


MAP = {"https://my.app": "http://127.0.0.1:9000", "https://my.app/inner/": "http://127.0.0.1:9001/"}


@pytest.mark.parametrize(
    ("url", "mapped"),
    [
        ("https://my.app", "http://127.0.0.1:9000"),
        ("https://my.app/", "http://127.0.0.1:9000/"),
        ("https://my.app/hook?a=1", "http://127.0.0.1:9000/hook?a=1"),
        ("https://my.app?a=1", "http://127.0.0.1:9000?a=1"),
        ("https://my.app#x", "http://127.0.0.1:9000#x"),
        ("https://my.app/inner/x", "http://127.0.0.1:9001/x"),
        ("https://my.app/inner", "http://127.0.0.1:9000/inner"),
        ("https://my.application/x", None),
        ("https://my.app.evil.test/x", None),
        ("https://my.app@evil.test/x", None),
        ("https://my.app:8443/x", None),
        ("https://my.app:x@evil.test/", None),
        ("http://my.app/x", None),
        ("https://other.test/?to=https://my.app/", None),
    ],
)
def test_a_prefix_is_replaced_where_it_ends_with_a_part_of_the_url(url: str, mapped: str | None) -> None:
    """The longest first; what only looks like it is left as it is."""
    assert targets(mapped=MAP).map(url) == (mapped or url)


def test_what_is_mapped_is_checked_after_it_was_mapped() -> None:
    """The map leads to loopback, not around the check."""
    assert resolve("https://my.app/x", mapped=MAP).connects == ("http://127.0.0.1:9000/x",)
    with pytest.raises(NotAllowed, match="mockreel itself"):
        resolve("https://my.app/x", mapped={"https://my.app": "http://127.0.0.1:8700"})
    with pytest.raises(NotAllowed, match="not on this machine"):
        resolve("https://my.app/x", mapped={"https://my.app": "http://hooks.test"})


def test_a_further_port_of_the_mock_server_is_not_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of this machine that is no loopback one leads back here just the same."""
    bound: list[Any] = []

    def bind(self: socket.socket, address: Any) -> None:
        bound.append(address)

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(NotAllowed, match="mockreel itself"):
        resolve("http://203.0.113.7:8700/", allowed=frozenset({"*"}))
    assert bound == [("203.0.113.7", 0)]
