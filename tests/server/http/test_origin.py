"""The address of results in responses: one that leads it back here, whatever it called this machine."""

import itertools
from typing import Any

import pytest

from mockreel.errors import OptionError
from mockreel.server.http.origin import Origin, public_urls, trusted_names


def scope(host: bytes | None, *, server: str = "127.0.0.1", scheme: str = "http", root: str = "") -> dict[str, Any]:
    headers = [(b"accept", b"*/*"), *([] if host is None else [(b"host", host)])]
    return {"scheme": scheme, "server": (server, 8701), "headers": headers, "root_path": root}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [b"127.0.0.1:8701", b"localhost:8701", b"localhost", b"LocalHost:9000", b"[::1]:8701", b"api.localhost:80"],
)
def test_this_machines_own_names_are_answered_as_they_were_sent(host: bytes, scheme: str) -> None:
    """With the port that the client used, which another one may lead to (`docker run -p`)."""
    assert Origin().of(scope(host, scheme=scheme)) == f"{scheme}://{host.decode()}"


@pytest.mark.parametrize(
    "host",
    [
        b"www.runninghub.cn",
        b"mock:8701",
        b"evil.example",
        b"localhost.evil.example",
        b"127.0.0.1.evil.example",
        b"evil.example@localhost",
        b"localhost:8701/path",
        b"localhost:port",
        b"a b",
        b"[::1",
        b"\xff",
        b"",
        None,
    ],
)
def test_another_name_is_not_trusted(host: bytes | None) -> None:
    """Real clients send the real provider's: what leads back is the address that the connection came in on."""
    assert Origin().of(scope(host)) == "http://127.0.0.1:8701"
    assert Origin().of(scope(host, server="::1")) == "http://[::1]:8701"
    assert Origin().of(scope(host, server="::ffff:172.18.0.2")) == "http://172.18.0.2:8701"


def test_the_address_of_the_connection_is_a_name_of_this_machine() -> None:
    """Where another port of another machine leads to it."""
    assert Origin().of(scope(b"172.18.0.2:9000", server="172.18.0.2")) == "http://172.18.0.2:9000"


def test_a_name_is_trusted_where_the_user_says_so() -> None:
    """In any case; all of them, too."""
    named, any_name = Origin(trusted=frozenset({"mock"})), Origin(trusted=None)

    assert named.of(scope(b"Mock:8701")) == "http://Mock:8701"
    assert named.of(scope(b"mocks:8701")) == "http://127.0.0.1:8701"
    assert any_name.of(scope(b"evil.example")) == "http://evil.example"
    assert any_name.of(scope(b"evil.example/path")) == "http://127.0.0.1:8701"


def test_a_public_address_is_shown_to_everybody() -> None:
    """With the place where the provider is mounted below it."""
    for host in (b"localhost", b"evil.example", None):
        assert Origin("https://mock.example/x").of(scope(host)) == "https://mock.example/x"
        assert Origin("https://mock.example", prefix="/runflow").of(scope(host)) == "https://mock.example/runflow"


def test_where_an_application_is_mounted_is_part_of_the_address() -> None:
    """Its root path, and the provider's prefix."""
    assert Origin(prefix="/runflow").of(scope(b"localhost", root="/mocks")) == "http://localhost/mocks/runflow"


def test_many_different_hosts_take_no_memory() -> None:
    """What is remembered is bounded."""
    origin = Origin(trusted=None)
    for number in range(2000):
        assert origin.of(scope(b"h%d" % number)) == f"http://h{number}"
    assert len(origin._cache) <= 256


PORTS = {"runflow": 8701, "aimlapi": 8702}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {}),
        ({"": "http://mock:{port}"}, {"runflow": "http://mock:8701", "aimlapi": "http://mock:8702"}),
        (
            {"": "https://{provider}.mock.test/"},
            {"runflow": "https://runflow.mock.test", "aimlapi": "https://aimlapi.mock.test"},
        ),
        ({"runflow": "https://a.test/x/"}, {"runflow": "https://a.test/x"}),
        (
            {"": "http://mock:{port}", "runflow": "https://a.test"},
            {"runflow": "https://a.test", "aimlapi": "http://mock:8702"},
        ),
    ],
)
def test_public_addresses_are_given_for_one_or_for_all(given: dict[str, str], found: dict[str, str]) -> None:
    """With the provider's name and port filled in."""
    assert public_urls(given, PORTS) == found


BAD = [
    "mock",
    "ftp://mock",
    "http://",
    "http://mock:99999",
    "http://mock?x=1",
    "http://u:p@mock",
    "http://{x}",
    "http://{",
    "http://{provider.__class__}",
    "http://mock/\r\nX-Evil: y",
    "http://mock/a b",
    "http://mock/<script>",
    "",
]


@pytest.mark.parametrize(("name", "url"), list(itertools.product(["", "runflow"], [*BAD, ""])))
def test_what_is_no_address_is_refused(name: str, url: str) -> None:
    """With what one looks like."""
    with pytest.raises(OptionError, match=r"--public-url: .* is not valid\. Valid: http://HOST"):
        public_urls({name: url}, PORTS)


def test_several_providers_do_not_share_an_address() -> None:
    """Whose result it was, nobody could say."""
    with pytest.raises(OptionError, match=r"2 providers cannot share an address\. Make them different: .*\{port\}"):
        public_urls({"": "https://mock.example"}, PORTS)
    assert public_urls({"": "https://mock.example"}, {"runflow": 8701}) == {"runflow": "https://mock.example"}
    with pytest.raises(OptionError, match="Valid: runflow, aimlapi"):
        public_urls({"runninghub": "https://mock.example"}, PORTS)


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "http://x", "evil.com/x", "*.com", "x:8700", "-a.example", "a..b", "x" * 64, "[::1", "a@b", "a\n"],
)
def test_what_is_no_name_cannot_be_trusted(name: str) -> None:
    """A slip is an error at the start: wrong addresses would be found out about much later."""
    with pytest.raises(OptionError, match=r"--trust-host: .* is not valid. Valid: a host name alone"):
        trusted_names(["mock.example.com", name])


def test_names_addresses_and_the_star_can_be_trusted() -> None:
    """In lower case, an IPv6 address without its brackets; the star stands for any name, also beside others."""
    given = [
        "Mock",
        "api.example.com",
        "host_with_underscore",
        "10.0.0.1",
        "[2001:db8::1]",
        "fe80::1",
        "xn--bcher-kva.de",
    ]

    found = trusted_names(given)

    assert found == frozenset(one.lower().strip("[]") for one in given)
    assert trusted_names([]) == frozenset()
    assert trusted_names(["mock", "*"]) is None


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_an_impossible_port_is_never_reported(port: str) -> None:
    """Whichever proxy is trusted."""
    host = f"evil.com:{port}".encode()

    assert Origin(trusted=None).of(scope(host)) == "http://127.0.0.1:8701"
