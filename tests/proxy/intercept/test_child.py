"""The program as a process: it gets the signals that would end us."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mockreel.proxy.intercept.child_process import execute_guarded
from mockreel.proxy.intercept.guard import seccomp
from mockreel.proxy.intercept.signals import Signals

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_handed_on_and_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    """The program ends first, as it would have, then the run, with its code; neither process nor folder stays."""
    code = (
        "import os, signal, sys\n"
        f"signal.pthread_sigmask(signal.SIG_BLOCK, {{{int(number)}}})\n"
        f"print(os.getpid(), flush=True)\nsignal.sigwait({{{int(number)}}})\nsys.exit(9)"
    )
    command = [sys.executable, "-m", "mockreel", "run", "--quiet", "--", sys.executable, "-c", code]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    # A session of its own, without a terminal: with one, the program has got Ctrl-C from there.
    # A shell has its background jobs ignore Ctrl-C, and so would all that they start.
    heeding = f"import os, signal, sys\nsignal.signal({int(number)}, 0)\nos.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", heeding, *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True) as ours:
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        ours.send_signal(number)
        assert ours.wait(20) == 9

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(tmp_path.glob("mockreel-run-*")) == []


@pytest.mark.parametrize("delay", [0.05 * step for step in range(1, 21)])
def test_a_signal_in_its_first_moments_ends_the_program_too(tmp_path: Path, delay: float) -> None:
    """Before the program is there, while it starts, and while it runs: nothing of the run is left."""
    write = f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))"
    code = f"import os, pathlib, signal\n{write}\nsignal.pause()"
    command = [sys.executable, "-m", "mockreel", "run", "--quiet", "--", sys.executable, "-c", code]
    folder = tmp_path / "folder"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, start_new_session=True) as ours:
        with contextlib.suppress(subprocess.TimeoutExpired):
            ours.wait(delay)
        ours.send_signal(signal.SIGTERM)
        assert ours.wait(20) in (-signal.SIGTERM, 128 + signal.SIGTERM), ours.stderr and ours.stderr.read()

    assert list(folder.iterdir()) == []
    if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program that its parent has gone")
def test_killing_a_run_ends_its_program(tmp_path: Path) -> None:
    """Calls could no longer be answered, so the program is ended."""
    code = "import signal; print('begun', flush=True); signal.pause()"
    command = [sys.executable, "-m", "mockreel", "run", "--quiet", "--", sys.executable, "-c", code]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == "begun\n"
        ours.kill()
        assert ours.stdout.read() == ""  # it ends with the last process that has it open


def test_a_ctrl_c_while_the_guard_starts_shows_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    """The guard is set up by a Python of its own, which the terminal interrupts too."""

    def catches(pid: int) -> bool:
        """Whether Python has set its handler, which raises KeyboardInterrupt."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return bool(int(status["SigCgt"], 16) >> (signal.SIGINT - 1) & 1)

    class Interrupted(Signals):
        def hand_to(self, child: "subprocess.Popen[bytes]") -> None:
            until = time.monotonic() + 2  # it may have been too fast for this to see
            while not catches(child.pid) and time.monotonic() < until:
                pass
            child.send_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        code = execute_guarded(["true"], os.environ, signals=Interrupted(), over=lambda _: contextlib.nullcontext())
    except seccomp.Unavailable as why:
        pytest.skip(f"this machine has no guard: {why}")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (code, capfd.readouterr().err) == (128 + signal.SIGINT, "")
