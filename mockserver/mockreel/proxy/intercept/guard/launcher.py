"""Start a program behind the guard: `launcher.py REPORT WAIT -- COMMAND`, in the environment of the program.

It writes to the descriptor REPORT the descriptor of the stopped calls, or why there is no guard, waits on WAIT until
its parent has read it, and becomes the program. REPORT is closed when the program starts, or gets an error number.
"""

import ctypes
import os
import signal
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120  (runs outside of the package)

import seccomp  # type: ignore[import-not-found]  # noqa: E402


def main(report: int, wait: int, command: "list[str]") -> None:
    """Become the program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # its parent has blocked it
    # If the parent has ended already, nothing else would end the program.
    ctypes.CDLL(None).prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    try:
        listener = seccomp.install(seccomp.machine())
        os.write(report, b"listener %d\n" % listener)
    except seccomp.Unavailable as why:
        os.write(report, f"without {why.strerror}\n".encode())
        os._exit(1)
    if os.read(wait, 1) != b"y":
        os._exit(1)
    os.close(listener)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these signals, and the program would inherit that
        signal.signal(number, signal.SIG_DFL)
    os.set_inheritable(report, False)
    os.set_inheritable(wait, False)
    try:
        os.execvp(command[0], command)
    except OSError as problem:
        os.write(report, b"failed %d\n" % (problem.errno or 0))
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])
