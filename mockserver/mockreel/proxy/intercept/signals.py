"""Forward the signals that would end a run to the program."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


class Signals:
    """Forwards signals to the program; `caught` is the last one, also before the program's start."""

    def __init__(self) -> None:
        self.caught: int | None = None
        self._child: Popen[bytes] | None = None

    def hand_to(self, child: Popen[bytes]) -> None:
        """Forward signals to the program from now on, and one that arrived earlier."""
        self._child = child
        if self.caught is not None:
            child.send_signal(self.caught)

    def catch(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal; a running program gets those of a terminal itself."""
        self.caught = number
        if self._child is not None and (number != signal.SIGINT or not _has_terminal()):
            self._child.send_signal(number)


@contextmanager
def catching() -> Iterator[Signals]:
    """Handle signals until the block ends, so that it ends orderly."""
    signals = Signals()
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # set by `nohup`
            signal.signal(number, signals.catch)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY))
    except OSError:
        return False
    return True
