"""Decide on each call that the kernel has stopped: it continues, is redirected to the mock server, or fails."""

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mockreel.proxy.intercept.guard import seccomp
from mockreel.proxy.intercept.guard.address_rules import Directory, IPAddress, Target, resolved_addresses, target_of
from mockreel.proxy.intercept.host_routes import Routes

HTTPS, DOMAIN = 443, 53
# Local sockets of name services; without them the program uses a name server.
RESOLVERS = ("/run/systemd/resolve/", "/var/run/nscd/", "/run/nscd/", "/run/avahi-daemon/", "/var/run/avahi-daemon/")
# Local sockets of services that start other programs, which are no children of the run.
STARTERS = ("docker.sock", "podman.sock", "containerd.sock")
LONGEST_ADDRESS, LONGEST_ANSWER, MOST_MESSAGES = 128, 65535, 1024
_MESSAGE = struct.Struct("=QI4xQQQQi4x")
_MANY = 64

GO_ON = 0


class Handled(Exception):
    """The guard has made the call itself: the program gets this value, or an error."""

    def __init__(self, value: int = 0, *, error: int = 0) -> None:
        super().__init__(value, error)
        self.value = value
        self.error = error


@dataclass(frozen=True, slots=True)
class Stopped:
    """One stopped call that waits for a decision."""

    pid: int
    number: int
    arch: int
    arguments: tuple[int, ...]

    def memory(self, place: int, size: int) -> bytes:
        """Read the program's memory.

        Raises:
            OSError: the memory cannot be read.
        """
        handle = os.open(f"/proc/{self.pid}/mem", os.O_RDONLY)
        try:
            return os.pread(handle, size, place)
        finally:
            os.close(handle)

    def fill(self, place: int, content: bytes) -> None:
        """Write into the program's memory.

        Raises:
            OSError: the memory cannot be written.
        """
        handle = os.open(f"/proc/{self.pid}/mem", os.O_RDWR)
        try:
            os.pwrite(handle, content, place)
        finally:
            os.close(handle)

    def address(self, place: int, size: int) -> Target | str | None:
        """The socket address at this place in memory."""
        return target_of(self.memory(place, min(size, LONGEST_ADDRESS)))

    def socket(self) -> socket.socket:
        """A copy of the call's socket."""
        with open(f"/proc/{self.pid}/status", "rb") as status:  # noqa: PTH123
            process = next(int(line.split()[1]) for line in status if line.startswith(b"Tgid:"))
        return socket.socket(fileno=seccomp.descriptor(process, self.arguments[0]))


class Supervisor:
    """Answers the stopped calls of a program and its children.

    Args:
        tls_ports: by provider's host, the address and port that terminate TLS for it.
        names: the port of the guard's name server.
        refuse: called with a host that was not called and the reason.
        report: called with any other message, once each.
    """

    def __init__(
        self,
        routes: Routes,
        directory: Directory,
        *,
        tls_ports: Mapping[str, tuple[str, int]],
        names: int,
        refuse: Callable[[str, str], object],
        report: Callable[[str], None],
    ) -> None:
        self._routes = routes
        self._directory = directory
        self._tls_ports = tls_ports
        self._names = names
        self._refuse = refuse
        self._report = report
        self._reported: set[str] = set()
        self._unknown = tuple(name for name in routes.allowed if "*" not in name)  # not resolved yet
        # By the inode of a redirected DNS socket, the address that the program called.
        self._original_servers: dict[int, bytes] = {}
        machine = seccomp.machine()
        self._arch = machine.arch
        self._judges = {
            machine.connect: self._connect,
            machine.sendto: self._sendto,
            machine.recvfrom: self._recvfrom,
            machine.sendmsg: self._sendmsg,
            machine.sendmmsg: self._sendmmsg,
        }

    def answer(self, stopped: Stopped) -> int:
        """The decision on a call: `GO_ON`, or an error number.

        Raises:
            Handled: the guard has made the call.
        """
        judge = self._judges.get(stopped.number)
        if judge is None or stopped.arch != self._arch:
            self._report_once(
                "A 32-bit program tried to use the network and was stopped: the guard cannot inspect its calls."
            )
            return errno.EACCES
        try:
            return judge(stopped)
        except Handled:
            raise
        except (ProcessLookupError, FileNotFoundError):
            return errno.ESRCH  # the program has ended meanwhile
        except struct.error:
            return errno.EFAULT  # an invalid memory address
        except PermissionError:
            self._report_once("A program with protected memory tried to use the network and was stopped.")
        except OSError as problem:
            return problem.errno or errno.EACCES
        except Exception as problem:  # no error here may let a call out or block the program
            self._report_once(f"A call could not be checked and was stopped: {problem!r}. Please report it.")
        return errno.EACCES

    def _connect(self, stopped: Stopped) -> int:
        found = stopped.address(stopped.arguments[1], stopped.arguments[2])
        if isinstance(found, str):
            return self._local(found)
        if found is None:
            return GO_ON
        host = self._directory.host(found.address)
        if host is not None:
            return self._to_provider(stopped, found, host)
        if found.port == DOMAIN:
            return self._redirect(stopped, ("127.0.0.1", self._names))
        return self._judged(found)

    def _to_provider(self, stopped: Stopped, found: Target, host: str) -> int:
        with stopped.socket() as one:
            if one.type != socket.SOCK_STREAM:
                return GO_ON  # no server is there: HTTP/3 falls back, and a resolver only sorts its addresses
        if found.port in (HTTPS, self._tls_ports[host][1]):
            return self._redirect(stopped, self._tls_ports[host])
        self._refuse(host, self._routes.unencrypted(host))
        return errno.EACCES

    def _judged(self, found: Target) -> int:
        """The decision on an address: this machine and allowed hosts may be called."""
        if found.is_own or found.address in self._directory.allowed or self._routes.is_open(str(found.address)):
            return GO_ON
        if found.address in self._exact():
            return GO_ON
        self._refuse(str(found.address), self._routes.blocked(str(found.address)))
        return errno.EACCES

    def _exact(self) -> Mapping[IPAddress, str]:
        """The addresses of allowed hosts without wildcards, which a program may have resolved elsewhere."""
        for name in self._unknown:
            self._directory.allowed.update(dict.fromkeys(resolved_addresses(name), name))
        self._unknown = ()
        return self._directory.allowed

    def _redirect(self, stopped: Stopped, address: tuple[str, int]) -> int:
        """Connect the program's socket to a port of this machine."""
        host, port = address
        with stopped.socket() as one:
            try:
                one.connect((f"::ffff:{host}" if one.family == socket.AF_INET6 else host, port))
            except OSError as problem:
                raise Handled(error=problem.errno or errno.ECONNREFUSED) from problem
            if port == self._names and one.type == socket.SOCK_DGRAM:
                size = min(stopped.arguments[2], LONGEST_ADDRESS)
                self._original_servers[os.fstat(one.fileno()).st_ino] = stopped.memory(stopped.arguments[1], size)
        raise Handled

    def _recvfrom(self, stopped: Stopped) -> int:
        """Receive a response of our name server, with the address of the server that the program called."""
        if not self._original_servers:
            return GO_ON
        _, place, size, flags, from_place, size_place = stopped.arguments
        with stopped.socket() as one:
            server = self._original_servers.get(os.fstat(one.fileno()).st_ino)
            if server is None:
                return GO_ON
            try:
                content = one.recv(min(size, LONGEST_ANSWER), flags | socket.MSG_DONTWAIT)
            except OSError as problem:
                raise Handled(error=problem.errno or errno.EIO) from problem
        stopped.fill(place, content)
        stopped.fill(from_place, server)
        stopped.fill(size_place, len(server).to_bytes(4, "little"))
        raise Handled(len(content))

    def _local(self, path: str) -> int:
        if path.startswith(RESOLVERS):
            return errno.ENOENT
        if path.endswith(STARTERS):
            self._report_once(f"The program uses {path} to start others: programs in containers are not intercepted.")
        return GO_ON

    def _sendto(self, stopped: Stopped) -> int:
        return self._datagram_decision(stopped, stopped.arguments[4], stopped.arguments[5])

    def _sendmsg(self, stopped: Stopped) -> int:
        name, size, *_ = _MESSAGE.unpack(stopped.memory(stopped.arguments[1], _MESSAGE.size))
        return self._datagram_decision(stopped, name, size) if name and size else GO_ON

    def _sendmmsg(self, stopped: Stopped) -> int:
        count = min(stopped.arguments[2], MOST_MESSAGES)
        raw = stopped.memory(stopped.arguments[1], count * _MANY)
        for place in range(0, len(raw) - _MANY + 1, _MANY):
            name, size, *_ = _MESSAGE.unpack_from(raw, place)
            if name and size and (error := self._datagram_decision(stopped, name, size)):
                return error
        return GO_ON

    def _datagram_decision(self, stopped: Stopped, place: int, size: int) -> int:
        """The decision on a datagram with an address."""
        found = stopped.address(place, size)
        if not isinstance(found, Target):
            return GO_ON
        if found.port == DOMAIN:
            self._report_once(f"A name was not resolved at {found}: this kind of DNS query cannot be redirected.")
            return errno.EACCES
        return self._judged(found)

    def _report_once(self, text: str) -> None:
        if text not in self._reported:
            self._reported.add(text)
            self._report(text)


@contextmanager
def supervising(listener: int, supervisor: Supervisor) -> Iterator[None]:
    """Answer stopped calls in a thread until the block ends; later calls stay stopped."""
    over, end = os.pipe()
    thread = threading.Thread(target=_supervise, args=(listener, over, supervisor), name="mockreel guard", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(end)
        thread.join()
        os.close(over)
        os.close(listener)


def _supervise(listener: int, over: int, supervisor: Supervisor) -> None:
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    waiting.register(over, select.POLLIN)
    while True:
        events = dict(waiting.poll())
        if over in events or events.get(listener, 0) & ~select.POLLIN:
            return
        with suppress(OSError):  # the caller has ended
            _answer(listener, supervisor)


def _answer(listener: int, supervisor: Supervisor) -> None:
    raw = bytearray(seccomp.NOTIFICATION.size)
    fcntl.ioctl(listener, seccomp.RECEIVE, raw, True)
    id_, pid, _, number, arch, _, *arguments = seccomp.NOTIFICATION.unpack(raw)
    value, error, flags = 0, errno.EACCES, 0
    try:
        error = supervisor.answer(Stopped(pid, number, ctypes.c_uint32(arch).value, tuple(arguments)))
        flags = 0 if error else seccomp.CONTINUE
    except Handled as handled:
        value, error = handled.value, handled.error
    finally:
        fcntl.ioctl(listener, seccomp.SEND, bytearray(seccomp.RESPONSE.pack(id_, value, -error, flags)), True)
