"""The guard: whatever a program is made of, it is led to the mock server or stopped, and no name server hears of it."""

import asyncio
import ctypes
import errno
import importlib.util
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from proxy.intercept.conftest import PROGRAMS, Play
from proxy.intercept.namespaces import can_unshare, resolved_names

from mockreel.errors import MockreelError
from mockreel.proxy.intercept.guard import Directory, Resolver, Supervisor, seccomp
from mockreel.proxy.intercept.guard.address_rules import Target, target_of
from mockreel.proxy.intercept.guard.supervisor import GO_ON, Stopped
from mockreel.proxy.intercept.host_routes import Routes

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")


def _guard_is_here() -> bool:
    try:
        seccomp.machine()
    except seccomp.Unavailable:
        return False
    return True


needs_guard = pytest.mark.skipif(not _guard_is_here(), reason="this machine has no guard, so no program was behind it")
needs_namespaces = pytest.mark.skipif(not can_unshare(), reason="no namespaces here, so no name server was a trap")
HOST = "api.runflow.io"
IN_PYTHON = ["uvloop", "trio", "gevent", "pins"]
OF_PYTHON = {"uvloop": ["uvloop", "aiohttp"], "trio": ["trio", "httpx"], "gevent": ["gevent"], "pins": ["certifi"]}


def _python(name: str) -> list[str]:
    for needed in OF_PYTHON[name]:
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed, so no program that uses it was run")
    return [sys.executable, str(PROGRAMS / f"with_{name}.py")]


# Java compiles the program when it starts; it is over before a second compiler would pay.
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", str(PROGRAMS / "WithJava.java")]


def _elsewhere(name: str, tmp_path: Path) -> list[str]:
    """The words of a program in another language."""
    tool = {"node": "node", "java": "java", "go": "go"}[name]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here, so no program for it was run")
    if name == "go":
        built = ["go", "build", "-o", str(tmp_path / "program"), str(PROGRAMS / "with_go.go")]
        subprocess.run(built, check=True, env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})
        return [str(tmp_path / "program")]
    return {"node": ["node", str(PROGRAMS / "with_a_pin.mjs")], "java": JAVA}[name]


@pytest.mark.parametrize("guard", [pytest.param("require", marks=needs_guard), "off"])
@pytest.mark.parametrize("name", IN_PYTHON)
def test_python_is_led_here_whatever_its_loop_or_its_bundle_is(play: Play, name: str, guard: str) -> None:
    """With the guard, and by the preload alone."""
    played = play(*_python(name), bare=True, guard=guard)

    assert "submitted 20" in played.output
    assert "create_run 201" in played.lines
    assert played.ran.code == 0


@needs_guard
@pytest.mark.parametrize("name", ["node", "java", "go"])
def test_other_languages_are_led_here(play: Play, name: str, tmp_path: Path) -> None:
    """Each with a client that reads the variables, and with one that uses no proxy and resolves names itself."""
    played = play(*_elsewhere(name, tmp_path), bare=True, guard="require")

    assert "submitted 201" in played.output
    assert "create_run 201" in played.lines
    assert played.ran.code == 0


@needs_guard
@needs_namespaces
@pytest.mark.parametrize("name", [*IN_PYTHON, "node", "java", "go", "cleared"])
def test_no_name_server_is_queried_for_a_provider(name: str, tmp_path: Path) -> None:
    """A trap in its place hears nothing, on a machine from which nothing else leads out."""
    words = _words(name, tmp_path)
    ours = [sys.executable, "-m", "mockreel", "run", "--guard", "require", "--", *words]
    requested, output = resolved_names(tmp_path, *ours, environment=dict(os.environ))

    assert requested == []
    assert "submitted" in output


@needs_namespaces
@pytest.mark.parametrize("name", IN_PYTHON)
def test_nor_by_the_preload_alone(name: str, tmp_path: Path) -> None:
    """Where there is no guard, Python's own sockets and uvloop's lead here all the same."""
    ours = [sys.executable, "-m", "mockreel", "run", "--guard", "off", "--", *_python(name)]
    requested, output = resolved_names(tmp_path, *ours, environment=dict(os.environ))

    assert requested == []
    assert "submitted" in output


@needs_namespaces
def test_the_trap_is_one(tmp_path: Path) -> None:
    """A program outside of a run falls into it."""
    requested, _ = resolved_names(tmp_path, *_python("uvloop"), environment={**os.environ, "NO_PROXY": "*"})

    assert HOST in requested


def _words(name: str, tmp_path: Path) -> list[str]:
    if name == "cleared":
        if shutil.which("curl") is None:
            pytest.skip("curl is not here, so no program with a cleared environment was run")
        url = f"https://{HOST}/v1/health"
        return ["env", "-i", shutil.which("curl") or "", "-sSk", "-w", "submitted %{http_code}", url]
    return _python(name) if name in IN_PYTHON else _elsewhere(name, tmp_path)


@needs_guard
def test_a_cleared_environment_is_stopped_before_anything_is_sent(play: Play) -> None:
    """Without proxy, certificate and preload the call is redirected, not trusted, and reported at once."""
    code = f"import urllib.request as u; u.urlopen('https://{HOST}/v1/health')"
    played = play("env", "-i", sys.executable, "-I", "-c", code, bare=True, guard="require")

    assert "CERTIFICATE_VERIFY_FAILED" in played.output
    assert f"{HOST} was not called: the program does not trust this run's certificate" in played.reported[0]
    assert played.ran.account.requests == 0


SEND = {
    "connect": "s = socket.socket(); s.connect(('192.0.2.1', 443))",
    "connect over IPv6": "s = socket.socket(socket.AF_INET6); s.connect(('2001:db8::1', 443))",
    "connect, mapped": "s = socket.socket(socket.AF_INET6); s.connect(('::ffff:192.0.2.1', 443))",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 443))",
    "sendmsg": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 443))",
    "a look-up of its own": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
}


@needs_guard
@pytest.mark.parametrize("how", SEND)
def test_an_address_without_a_name_is_stopped(play: Play, how: str) -> None:
    """However it is called; the sentence names it."""
    played = play("-c", f"import socket\ntry: {SEND[how]}\nexcept PermissionError: print('stopped')", guard="require")

    assert played.output == "stopped\n"
    assert ("2001:db8::1" if "IPv6" in how else "192.0.2.1") in played.reported[0]


@needs_guard
def test_a_host_that_is_not_allowed_does_not_exist(play: Play) -> None:
    """The message says how to allow it; a provider's port without TLS is blocked."""
    code = """
import socket
for host, port in ("files.example.com", 443), ("api.runflow.io", 80):
    try: socket.create_connection((host, port))
    except OSError as problem: print(type(problem).__name__)
"""
    played = play("-I", "-c", code, guard="require")

    assert played.output == "gaierror\nPermissionError\n"
    assert "--allow-host files.example.com" in played.reported[0]
    assert "a key would be sent unencrypted" in played.reported[1]


@needs_guard
def test_what_the_program_does_on_this_machine_is_left_alone(play: Play) -> None:
    """Its own servers, datagrams and local sockets, under any address of this machine."""
    code = """
import socket, tempfile, os
with socket.create_server(("", 0)) as one:
    socket.create_connection(("127.0.0.1", one.getsockname()[1])).close()
with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
    one.bind(("127.0.0.1", 0)); two.sendto(b"here", one.getsockname()); print(one.recvfrom(9)[0])
with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as one:
    one.bind(folder + "/s"); one.listen(); socket.socket(socket.AF_UNIX).connect(folder + "/s"); print("local")
"""
    played = play("-c", code, guard="require")

    assert played.output == "b'here'\nlocal\n"
    assert played.reported == []


def test_a_missing_guard_is_reported_at_the_start(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a guard is required, nothing is run."""

    def none() -> Any:
        raise seccomp.Unavailable(errno.ENOSYS, "it needs Linux")

    monkeypatch.setattr(seccomp, "machine", none)

    assert "There is no guard here: it needs Linux." in play("-c", "").reported[0]
    with pytest.raises(MockreelError, match="The program was not run: --guard require"):
        play("-c", "print('ran')", guard="require")


def _supervisor(reported: list[str], *, allowed: tuple[str, ...] = ()) -> Supervisor:
    routes = Routes({HOST: 1}, allowed)
    return Supervisor(
        routes,
        Directory([HOST]),
        tls_ports={},
        names=1,
        refuse=lambda host, _: reported.append(host),
        report=reported.append,
    )


@needs_guard
@pytest.mark.parametrize(("number", "arch"), [(102, 0x40000003), (0x4000002A, seccomp.machine().arch)])
def test_calls_in_other_numbers_are_stopped(number: int, arch: int) -> None:
    """A 32-bit program's, which cannot be read."""
    reported: list[str] = []

    assert _supervisor(reported).answer(Stopped(os.getpid(), number, arch, (0,) * 6)) == errno.EACCES
    assert "32-bit" in reported[0]


@needs_guard
@pytest.mark.parametrize(
    ("path", "error", "output"),
    [
        ("/run/systemd/resolve/io.systemd.Resolve", errno.ENOENT, 0),
        ("/var/run/nscd/socket", errno.ENOENT, 0),
        ("/var/run/docker.sock", GO_ON, 1),
        ("/run/own.sock", GO_ON, 0),
    ],
)
def test_services_of_this_machine_that_act_for_a_program(path: str, error: int, output: int) -> None:
    """Local name services are unavailable, so the guard's is used; services that start programs are reported."""
    reported: list[str] = []
    raw = bytes([socket.AF_UNIX, 0]) + path.encode() + b"\0"
    place = _Memory(raw)
    stopped = Stopped(
        os.getpid(), seccomp.machine().connect, seccomp.machine().arch, (0, place.address, len(raw), 0, 0, 0)
    )

    assert _supervisor(reported).answer(stopped) == error
    assert len(reported) == output


class _Memory:
    """Bytes at a known place of this process."""

    def __init__(self, content: bytes) -> None:
        self._kept = ctypes.create_string_buffer(content, len(content))
        self.address = ctypes.addressof(self._kept)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (bytes([2, 0, 1, 187, 192, 0, 2, 1]) + bytes(8), "192.0.2.1:443"),
        (
            bytes([10, 0, 1, 187]) + bytes(4) + bytes.fromhex("20010db8") + bytes(11) + b"\1" + bytes(4),
            "[2001:db8::1]:443",
        ),
        (bytes([10, 0, 1, 187]) + bytes(4) + bytes(10) + b"\xff\xff\xc0\x00\x02\x01" + bytes(4), "192.0.2.1:443"),
        (bytes([16, 0]) + bytes(10), "None"),
        (b"", "None"),
        (bytes([2, 0, 1]), "None"),
    ],
)
def test_an_address_is_read_as_the_kernel_has_it(raw: bytes, found: str) -> None:
    """Of another family, or cut short, it is none."""
    assert str(target_of(raw)) == found


def test_this_machine_is_known_by_all_its_addresses() -> None:
    """Loopback, none at all, and what an interface has; others are others."""
    own = [target_of(bytes([2, 0, 0, 80, *address]) + bytes(8)) for address in ((127, 9, 9, 9), (0, 0, 0, 0))]

    assert all(isinstance(one, Target) and one.is_own for one in own)
    assert not Target(ipaddress.ip_address("192.0.2.1"), 80).is_own


def _question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01" + bytes(6) + labels + b"\0" + kind.to_bytes(2, "big") + b"\0\1"


def _response(question: bytes, refused: list[str], *, allowed: tuple[str, ...] = ()) -> bytes:
    directory = Directory([HOST])
    return asyncio.run(Resolver(directory, Routes({HOST: 1}, allowed), refused.append).answer(question))


@pytest.mark.parametrize(
    ("question", "code", "answers", "reported"),
    [
        (_question(HOST), 0, 1, []),
        (_question(HOST.upper()), 0, 1, []),
        (_question(HOST, 28), 0, 0, []),
        (_question(HOST, 65), 0, 0, []),
        (_question("localhost"), 0, 1, []),
        (_question("files.example.com"), 3, 0, ["files.example.com"]),
        (_question(f"{HOST}.corp.example"), 3, 0, []),
        (_question("1.2.0.192.in-addr.arpa", 12), 3, 0, []),
        (b"", 1, 0, []),
        (_question(HOST)[:20], 1, 0, []),
        (b"\x12\x34" + b"\xff" * 40, 1, 0, []),
    ],
)
def test_the_name_server_of_a_run(question: bytes, code: int, answers: int, reported: list[str]) -> None:
    """It knows the providers and this machine; what it cannot read, it says so."""
    refused: list[str] = []
    response = _response(question, refused)

    assert response[:2] == question[:2].ljust(2, b"\0")
    assert response[3] & 15 == code
    assert int.from_bytes(response[6:8], "big") == answers
    assert refused == reported


def test_an_allowed_host_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As this machine knows it."""
    rows = [(socket.AF_INET, 1, 6, "", ("192.0.2.7", 0)), (socket.AF_INET6, 1, 6, "", ("2001:db8::7", 0, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)

    assert _response(_question("a.example.com"), [], allowed=("*.example.com",)).endswith(bytes([192, 0, 2, 7]))
    assert _response(_question("a.example.com", 28), [], allowed=("*.example.com",)).endswith(b"\x00\x07")
