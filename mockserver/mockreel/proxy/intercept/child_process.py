"""Start the program, behind the guard if there is one, and return its exit code."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mockreel.errors import MockreelError
from mockreel.proxy.intercept.guard import seccomp
from mockreel.proxy.intercept.signals import Signals

# A shell's exit codes for a program that does not exist or cannot be executed.
NOT_FOUND, NOT_EXECUTABLE = 127, 126
LAUNCHER = Path(__file__).parent / "guard" / "launcher.py"

# A context that answers the stopped calls from a descriptor.
Over = Callable[[int], AbstractContextManager[None]]


def _advice(name: str) -> str:
    if name.endswith(".py"):
        return f"A Python file needs its interpreter: -- python3 {name}"
    return "Give a program that is on the PATH, or its path: -- COMMAND …"


class NotStarted(MockreelError):
    """The program could not be started; `code` is the exit code that a shell would return."""

    def __init__(self, name: str, why: OSError) -> None:
        self.code = NOT_FOUND if why.errno == errno.ENOENT else NOT_EXECUTABLE
        super().__init__(f"{name!r} could not be started: {why.strerror or why}. {_advice(name)}")


def execute(command: Sequence[str], environment: Mapping[str, str], *, signals: Signals) -> int:
    """Run a program and return its exit code, or 128 plus the number of the signal that ended it.

    Raises:
        NotStarted: the program does not exist or cannot be executed.
    """
    if signals.caught is not None:
        return 128 + signals.caught
    try:
        # The program is looked up in the PATH of `environment`; it inherits stdin, stdout and stderr.
        child = subprocess.Popen([*command], env=dict(environment))
    except OSError as why:
        raise NotStarted(command[0], why) from why
    signals.hand_to(child)
    return _wait_for_exit_code(child)


def execute_guarded(command: Sequence[str], environment: Mapping[str, str], *, signals: Signals, over: Over) -> int:
    """Like `execute`, behind the guard; `over` answers the stopped calls.

    Raises:
        NotStarted: the program does not exist or cannot be executed.
        Unavailable: this machine has no guard; nothing was started.
    """
    seccomp.machine()
    if signals.caught is not None:
        return 128 + signals.caught
    with _launched(command, environment) as (child, read_line, let_go):
        signals.hand_to(child)
        kind, _, what = read_line().partition(" ")
        if kind == "without":
            raise seccomp.Unavailable(errno.ENOSYS, what)
        if kind != "listener":
            return _wait_for_exit_code(child)  # ended by a signal before its start
        with over(_listener(child.pid, int(what))):
            let_go()
            kind, _, what = read_line().partition(" ")
            code = _wait_for_exit_code(child)
        if kind == "failed":
            raise NotStarted(command[0], OSError(int(what), os.strerror(int(what))))
        return code


def _listener(pid: int, number: int) -> int:
    try:
        return seccomp.descriptor(pid, number)
    except OSError as problem:
        why = f"this process may not read the guard's events of another ({problem.strerror})"
        raise seccomp.Unavailable(problem.errno, why) from problem


@contextmanager
def _launched(
    command: Sequence[str], environment: Mapping[str, str]
) -> "Iterator[tuple[subprocess.Popen[bytes], Callable[[], str], Callable[[], None]]]":
    """A started launcher, with functions to read its lines and to let it continue; it ends with the block."""
    hearing, telling = os.pipe()
    waiting, going = os.pipe()
    # It ends when the pipe `going` is closed, and so whenever this process ends.
    command = [sys.executable, "-I", "-S", str(LAUNCHER), str(telling), str(waiting), "--", *command]
    # A Ctrl-C waits until the launcher has Python's traceback out of its way.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        child = subprocess.Popen(command, env=dict(environment), pass_fds=(telling, waiting))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
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


def _wait_for_exit_code(child: "subprocess.Popen[bytes]") -> int:
    code = child.wait()
    return 128 - code if code < 0 else code
