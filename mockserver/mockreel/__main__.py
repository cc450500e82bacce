"""`mockreel`, and `python -m mockreel`."""

import signal


def start() -> None:
    """Run the command line; a Ctrl-C while it is loaded ends it without a traceback."""
    interrupts = signal.getsignal(signal.SIGINT)
    if interrupts is signal.default_int_handler:  # else the parent process wants it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mockreel.cli import main  # noqa: PLC0415

    signal.signal(signal.SIGINT, interrupts)
    main()


if __name__ == "__main__":
    start()
