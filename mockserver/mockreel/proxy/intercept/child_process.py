"""The program itself: started behind the guard where there is one, and its exit code passed on."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mockreel.errors import MockreelError
from mockreel.proxy.intercept.guard import seccomp
from mockreel.proxy.intercept.signals import Signals

# What a shell answers for a program that is not there, or cannot be executed.
NOT_FOUND, NOT_EXECUTABLE = 127, 126
LAUNCHER = Path(__file__).parent / "guard" / "launcher.py"

# Answers the calls that are told on a descriptor, until its block ends.
Over = Callable[[int], AbstractContextManager[None]]


class NotStarted(MockreelError):
    """The program could not be started; `code` is what a shell would end with."""

    def __init__(self, name: str, why: OSError) -> None:
        self.code = NOT_FOUND if why.errno == errno.ENOENT else NOT_EXECUTABLE
        super().__init__(f"{name!r} could not be started: {why.strerror or why}. Give a program: -- COMMAND …")


def execute(words: Sequence[str], environment: Mapping[str, str], *, signals: Signals) -> int:
    """Run a program to its end; its exit code, or 128 and the number of the signal that ended it.

    Raises:
        NotStarted: there is no such program, or it cannot be executed.
    """
    if signals.caught is not None:
        return 128 + signals.caught
    try:
        # Its PATH is that of the environment; stdin, stdout and stderr are ours.
        child = subprocess.Popen([*words], env=dict(environment))
    except OSError as why:
        raise NotStarted(words[0], why) from why
    signals.hand_to(child)
    return _ended(child)


def execute_guarded(words: Sequence[str], environment: Mapping[str, str], *, signals: Signals, over: Over) -> int:
    """The same behind the guard; `over` answers the calls that it stops.

    Raises:
        NotStarted: there is no such program, or it cannot be executed.
        Unavailable: there is no guard on this machine; nothing was started.
    """
    seccomp.machine()
    if signals.caught is not None:
        return 128 + signals.caught
    with _launched(words, environment) as (child, told, let_go):
        signals.hand_to(child)
        kind, _, what = told().partition(" ")
        if kind == "without":
            raise seccomp.Unavailable(errno.ENOSYS, what)
        if kind != "listener":
            return _ended(child)  # a signal was there first
        with over(_listener(child.pid, int(what))):
            let_go()
            kind, _, what = told().partition(" ")
            code = _ended(child)
        if kind == "failed":
            raise NotStarted(words[0], OSError(int(what), os.strerror(int(what))))
        return code


def _listener(pid: int, number: int) -> int:
    try:
        return seccomp.descriptor(pid, number)
    except OSError as problem:
        why = f"this process may not have what the kernel tells of another ({problem.strerror})"
        raise seccomp.Unavailable(problem.errno, why) from problem


@contextmanager
def _launched(
    words: Sequence[str], environment: Mapping[str, str]
) -> "Iterator[tuple[subprocess.Popen[bytes], Callable[[], str], Callable[[], None]]]":
    """A launcher that has begun; how to read what it tells, and how to let it go on. It does not outlive the block."""
    hearing, telling = os.pipe()
    waiting, going = os.pipe()
    # Without a word on `going` it ends, so it does whenever we do.
    command = [sys.executable, "-I", "-S", str(LAUNCHER), str(telling), str(waiting), "--", *words]
    try:
        child = subprocess.Popen(command, env=dict(environment), pass_fds=(telling, waiting))
    finally:
        os.close(telling)
        os.close(waiting)
    try:
        with open(hearing, encoding="utf-8", closefd=False) as lines:
            yield child, lambda: lines.readline().strip(), lambda: _write(going)
    finally:
        os.close(hearing)
        os.close(going)
        child.wait()


def _write(going: int) -> None:
    with suppress(BrokenPipeError):  # a signal has ended it
        os.write(going, b"y")


def _ended(child: "subprocess.Popen[bytes]") -> int:
    code = child.wait()
    return 128 - code if code < 0 else code
