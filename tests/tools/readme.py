"""Do what the README says, as a newcomer would: `python3 tests/tools/readme.py` (it is `nox -s readme`).

Its commands run in their order and in one shell each, in a copy of the checkout, with an environment that has nothing
but what the README's own install line brings. Its files are written, and what its commands print is compared. Only the
tests at its end are left out. It needs nothing that is not in Python itself, so any Python can run it.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `tools` is found when this runs as a script

from tools.console import compare, dialogue
from tools.pages import ROOT, Block, page

SHELL = "bash"
TESTS = "nox -s tests"
ANSWERS = "until (exec 3<>/dev/tcp/127.0.0.1/8700) 2>/dev/null; do sleep 0.1; done"


def main() -> int:
    """Run it; 1 where a command does not do what the page says."""
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        checkout = Path(folder) / "checkout"
        _copy(checkout)
        with subprocess.Popen(
            [SHELL, "--norc", "--noprofile"],
            cwd=checkout,
            env={"PATH": _plain_path(), "HOME": folder, "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as shell:
            try:
                return _play(shell, checkout)
            finally:
                _send(shell, "jobs -p | xargs -r kill; exit")


def _play(shell: "subprocess.Popen[str]", checkout: Path) -> int:
    for block in page("README.md").blocks:
        if "file" in block.marks:
            (checkout / block.marks["file"]).write_text(block.text, encoding="utf-8")
            continue
        for command, expected in _commands(block):
            began = time.monotonic()
            status, printed = _run(shell, command)
            sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {command.strip()}\n")
            if status != 0:
                sys.stdout.write(f"{block.where} ended with {status}:\n{printed}\n")
                return 1
            if expected is not None:
                compare(block, expected, printed)
    return 0


def _commands(block: Block) -> Iterator[tuple[str, str | None]]:
    """The commands of a block, each with what it must print, if the page says so."""
    if block.language == "console":
        yield from dialogue(block)
    elif block.language == "sh" and TESTS not in block.text:
        yield from ((line, None) for line in block.text.replace("\\\n", " ").splitlines())


def _run(shell: "subprocess.Popen[str]", command: str) -> tuple[int, str]:
    """Run one command in the shell; its exit code and what it prints. A server is waited for, as a reader would."""
    written = command.strip()
    end = f" {ANSWERS};" if written.endswith("&") else ";"
    _send(shell, f"{{ {written}{end} }} 2>&1")
    _send(shell, 'echo "<<$?>>"')
    assert shell.stdout is not None
    printed: list[str] = []
    for line in shell.stdout:
        before, mark, rest = line.rpartition("<<")
        if mark and rest.endswith(">>\n"):
            return int(rest[:-3]), "".join([*printed, before])
        printed.append(line)
    return 1, "".join(printed) + "\nThe shell has ended."


def _send(shell: "subprocess.Popen[str]", line: str) -> None:
    assert shell.stdin is not None
    shell.stdin.write(line + "\n")
    shell.stdin.flush()


def _copy(checkout: Path) -> None:
    """The files that git knows, as a clone has them."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)


def _plain_path() -> str:
    """Where a Python is and the tools of the system; no environment of this project."""
    python = Path(sys.base_prefix) / "bin"
    return ":".join([str(python), "/usr/local/bin", "/usr/bin", "/bin"])


if __name__ == "__main__":
    sys.exit(main())
