"""Starts a program behind the guard: `launcher.py TELL WAIT -- COMMAND`, in the environment of the program.

It tells on the descriptor TELL where stopped calls are told, or why there is no guard, waits on WAIT until its parent
has it, and becomes the program. TELL ends with the start of the program, or has the number of what went wrong.
"""

import ctypes
import os
import signal
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120  (no package is known here)

import seccomp  # type: ignore[import-not-found]  # noqa: E402


def main(tell: int, wait: int, words: "list[str]") -> None:
    """Become the program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Who started us may be gone by now, and nobody else ends the program then.
    ctypes.CDLL(None).prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    try:
        listener = seccomp.install(seccomp.machine())
        os.write(tell, b"listener %d\n" % listener)
    except seccomp.Unavailable as why:
        os.write(tell, f"without {why.strerror}\n".encode())
        os._exit(1)
    if os.read(wait, 1) != b"y":
        os._exit(1)
    os.close(listener)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and the program would inherit that
        signal.signal(number, signal.SIG_DFL)
    os.set_inheritable(tell, False)
    os.set_inheritable(wait, False)
    try:
        os.execvp(words[0], words)
    except OSError as problem:
        os.write(tell, b"failed %d\n" % (problem.errno or 0))
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])
