"""The program itself: started in its environment, told the signals that end us, and its exit code passed on."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from mockreel.errors import MockreelError

# What a shell answers for a program that is not there, or cannot be executed.
NOT_FOUND, NOT_EXECUTABLE = 127, 126


class NotStarted(MockreelError):
    """The program could not be started; `code` is what a shell would end with."""

    def __init__(self, name: str, why: OSError) -> None:
        self.code = NOT_FOUND if isinstance(why, FileNotFoundError) else NOT_EXECUTABLE
        super().__init__(f"{name!r} could not be started: {why.strerror or why}. Give a program: -- COMMAND …")


def execute(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program to its end; its exit code, or 128 and the number of the signal that ended it.

    Raises:
        NotStarted: there is no such program, or it cannot be executed.
    """
    try:
        # Its PATH is that of the environment; stdin, stdout and stderr are ours.
        child = subprocess.Popen([*words], env=dict(environment))
    except OSError as why:
        raise NotStarted(words[0], why) from why
    with _passing_on(child.send_signal):
        code = child.wait()
    return 128 - code if code < 0 else code


@contextmanager
def _passing_on(send: Callable[[int], None]) -> Iterator[None]:
    """Hand the signals that would end us to the program; what a terminal sends, the program has got itself."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT or not _has_terminal():
            send(number)

    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY))
    except OSError:
        return False
    return True
