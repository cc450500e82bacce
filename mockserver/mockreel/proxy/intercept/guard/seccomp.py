"""The kernel's part of the guard: the system calls that are stopped, and the format of their notifications.

The numbers are those of Linux's `seccomp(2)`, `seccomp_unotify(2)` and of each machine's table of system calls. The
launcher of a program (`launcher.py`) imports this file alone, so it uses only the standard library.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SET_MODE_FILTER, NEW_LISTENER, WAIT_KILLABLE = 1, 1 << 3, 1 << 5
RECEIVE, SEND = 0xC0502100, 0xC0182101
CONTINUE = 1
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
RESPONSE = struct.Struct("=QqiI")
_PIDFD_GETFD = 438

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _NOTIFY, _FAIL = 0x7FFF0000, 0x7FC00000, 0x00050000
_NUMBER, _ARCH, _ADDRESS_LOW, _ADDRESS_HIGH = 0, 4, 48, 52
_X32 = 0x40000000


class Machine(NamedTuple):
    """The numbers of one kind of processor; `foreign` are its system calls for 32-bit programs."""

    arch: int
    seccomp: int
    connect: int
    sendto: int
    recvfrom: int
    sendmsg: int
    sendmmsg: int
    foreign: "tuple[int, ...]"
    io_uring: int = 425


MACHINES = {
    "x86_64": Machine(0xC000003E, 317, 42, 44, 45, 46, 307, (102, 345, 362, 369, 370)),
    "aarch64": Machine(0xC00000B7, 277, 203, 206, 207, 211, 269, (283, 290, 296, 374)),
}


class Unavailable(OSError):
    """This machine has no guard; the message says why."""


def machine() -> Machine:
    """The numbers of this machine.

    Raises:
        Unavailable: the guard does not support this machine.
    """
    if not sys.platform.startswith("linux"):
        raise Unavailable(errno.ENOSYS, "it needs Linux")
    name = os.uname().machine
    if name not in MACHINES or struct.calcsize("P") != 8 or sys.byteorder != "little":
        raise Unavailable(errno.ENOSYS, f"the processor {name} is not supported ({', '.join(MACHINES)} are)")
    return MACHINES[name]


def program(found: Machine) -> bytes:
    """The filter program for the kernel: calls to other machines are stopped and reported, all others continue.

    A `sendto` or `recvfrom` without an address uses a connection and continues. io_uring, which would bypass the
    filter, is not available to the program.
    """
    notify = [found.connect, found.sendmsg, found.sendmmsg]
    rows: list[tuple[int, object, object, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 0, "foreign", found.arch),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, "notify", 0, _X32),
        *((_EQUAL, "notify", 0, number) for number in notify),
        (_EQUAL, "absent", 0, found.io_uring),
        (_EQUAL, 1, 0, found.recvfrom),
        (_EQUAL, 0, "allow", found.sendto),
        (_LOAD, 0, 0, _ADDRESS_LOW),
        (_EQUAL, 0, "notify", 0),
        (_LOAD, 0, 0, _ADDRESS_HIGH),
        (_EQUAL, "allow", "notify", 0),
    ]
    foreign = [(_LOAD, 0, 0, _NUMBER), *((_EQUAL, "notify", 0, number) for number in found.foreign)]
    jumps_to = {"foreign": len(rows), "allow": len(rows) + len(foreign)}
    jumps_to["notify"], jumps_to["absent"] = jumps_to["allow"] + 1, jumps_to["allow"] + 2
    ends = [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY), (_RETURN, 0, 0, _FAIL | errno.ENOSYS)]
    return b"".join(
        struct.pack("=HBBI", code, *(jumps_to[to] - row - 1 if isinstance(to, str) else to for to in jumps), value)
        for row, (code, *jumps, value) in enumerate([*rows, *foreign, *ends])
    )


def install(found: Machine) -> int:
    """Install the filter for this process and its children; returns the descriptor that reports stopped calls.

    Raises:
        Unavailable: the kernel does not support it, or another guard is installed already.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _unavailable("the kernel refuses no_new_privs")
    code = program(found)
    instructions = ctypes.create_string_buffer(code, len(code))
    argument = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions)))
    for flags in (NEW_LISTENER | WAIT_KILLABLE, NEW_LISTENER):  # the second flag exists since Linux 5.19
        listener = int(libc.syscall(found.seccomp, SET_MODE_FILTER, flags, argument))
        if listener >= 0:
            return listener
    raise _unavailable("another guard is on this process" if ctypes.get_errno() == errno.EBUSY else "seccomp refuses")


def descriptor(pid: int, number: int) -> int:
    """A copy of a descriptor of another process.

    Raises:
        OSError: this process may not copy it, or it is closed.
    """
    handle = os.pidfd_open(pid)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        found = int(libc.syscall(_PIDFD_GETFD, handle, number, 0))
        if found < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return found
    finally:
        os.close(handle)


def _unavailable(why: str) -> Unavailable:
    number = ctypes.get_errno()
    return Unavailable(number, f"{why} ({os.strerror(number)})")
