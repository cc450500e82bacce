"""`mockreel`, and `python -m mockreel`."""

import os
import signal
import sys


def start() -> None:
    """Run the command line; a Ctrl-C while it is loaded ends it without a traceback."""
    _open_closed_streams()
    interrupts = signal.getsignal(signal.SIGINT)
    if interrupts is signal.default_int_handler:  # else the parent process wants it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mockreel.cli import main  # noqa: PLC0415

    signal.signal(signal.SIGINT, interrupts)
    main()


def _open_closed_streams() -> None:
    """What the parent process has closed is /dev/null: nobody is there to read it, and no file takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


if __name__ == "__main__":
    start()
