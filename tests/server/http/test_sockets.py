"""The ports: control first, then the providers in their order."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from mockreel.errors import OptionError, PortTaken
from mockreel.server.http.sockets import close, listen, port_of, url_of


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody holds, behind one that is free."""
    for _ in range(50):
        with closing(socket.create_server(("127.0.0.1", 0))) as first:
            port = first.getsockname()[1] + 1
            try:
                holder = socket.create_server(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
        with closing(holder):
            yield port
        return
    raise AssertionError("no two ports beside each other are free")


def test_free_ports_are_taken_for_all() -> None:
    """Each its own."""
    bound = listen("127.0.0.1", 0, ["a", "b"])
    ports = [port_of(one) for one in bound.values()]
    close(bound)

    assert list(bound) == ["control", "a", "b"]
    assert len(set(ports)) == 3


def test_ports_follow_controls() -> None:
    """In the order of the names."""
    for _ in range(50):
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            base = free.getsockname()[1]
        try:
            bound = listen("127.0.0.1", base, ["b", "a"])
        except PortTaken:
            continue
        break
    ports = {name: port_of(one) for name, one in bound.items()}
    close(bound)

    assert ports == {"control": base, "b": base + 1, "a": base + 2}


def test_a_port_that_is_in_use_is_reported(taken: int) -> None:
    """With the address and what to do; what was bound before it is given back."""
    with pytest.raises(PortTaken, match=rf"Cannot listen on 127\.0\.0\.1:{taken}: .*in use.*--port N") as caught:
        listen("127.0.0.1", taken - 1, ["a"])
    assert caught.value.port == taken

    with closing(socket.create_server(("127.0.0.1", taken - 1))) as again:
        assert again.getsockname()[1] == taken - 1


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("203.0.113.7", 0, r"203\.0\.113\.7:0: "),
        ("not a host", 0, "not a host:0: "),
    ],
)
def test_an_address_that_is_not_to_be_had_is_reported(host: str, port: int, says: str) -> None:
    """Of another machine, or none."""
    with pytest.raises(PortTaken, match=f"Cannot listen on {says}"):
        listen(host, port, ["a"])


@pytest.mark.parametrize("port", [-5, -1, 65535, 65536, 70000])
def test_a_port_without_room_behind_it_is_reported(port: int) -> None:
    """How many are needed, and which are possible."""
    with pytest.raises(OptionError) as caught:
        listen("127.0.0.1", port, ["a"])

    assert str(caught.value) == (
        f"--port: {port} is not valid. Valid: 0 to 65534. "
        "2 ports in a row are needed, control's first; 0 takes free ones."
    )


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:")])
def test_the_url_of_a_port_can_be_called_from_here(host: str, url: str) -> None:
    """An address that means every interface is shown as loopback."""
    bound = listen(host, 0, [])
    port = port_of(bound["control"])
    shown = url_of(bound["control"])
    close(bound)

    assert shown == f"{url}{port}"


def test_an_address_of_version_six_stands_in_brackets() -> None:
    """As URLs want it."""
    try:
        bound = listen("::1", 0, [])
    except PortTaken:
        pytest.skip("this machine has no IPv6")
    shown = url_of(bound["control"])
    close(bound)

    assert shown.startswith("http://[::1]:")


def families(bound: tuple[socket.socket, ...]) -> set[socket.AddressFamily]:
    """The families in which a port can be connected to."""
    found = set()
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as one:
            if one.connect_ex((host, port_of(bound))) == 0:
                found.add(family)
    return found


BOTH = {socket.AF_INET, socket.AF_INET6}


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("localhost", BOTH),
        ("::", BOTH),
        ("127.0.0.1", {socket.AF_INET}),
        ("0.0.0.0", {socket.AF_INET}),
        ("::1", {socket.AF_INET6}),
    ],
)
def test_a_host_is_bound_in_the_families_that_it_stands_for(host: str, reached: set[socket.AddressFamily]) -> None:
    """`localhost` and `::` in both, under one port each; whatever the system's own default for `::` is."""
    try:
        with closing(socket.create_server(("::1", 0), family=socket.AF_INET6)):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    bound = listen(host, 0, ["a", "b"])
    found = {name: families(some) for name, some in bound.items()}
    close(bound)

    assert found == dict.fromkeys(["control", "a", "b"], reached)


def test_a_port_that_only_one_family_has_is_not_in_use() -> None:
    """Where the other one's is in use: nobody could say whom a client of `localhost` reaches."""
    try:
        holder = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with closing(holder):
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=f"localhost:{port}: "):
            listen("localhost", port, [])
        assert families((holder,)) == {socket.AF_INET6}
