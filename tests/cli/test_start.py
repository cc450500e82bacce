"""What a start loads: no more than it needs, as every start waits for it."""

import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

# Jobs that a shell runs in the background ignore Ctrl-C, and so would all that they start.
HEED = "import os, signal, sys\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\nos.execv(sys.argv[1], sys.argv[1:])"
SCRIPT = str(Path(sysconfig.get_path("scripts"), "mockreel"))

SHOW = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
# What belongs to the interpreter and its installation, and differs from one to the next.
OF_THE_INTERPRETER = {"__main__", "__mp_main__", "cython_runtime", "sitecustomize", "usercustomize"}
SERVES = {
    "anyio",
    "click",
    "httptools",
    "jsonschema_rs",
    "mockreel",
    "orjson",
    "python_multipart",
    "sniffio",
    "starlette",
    "typing_extensions",
    "uvicorn",
    "uvloop",
    "yaml",
}


def loaded(code: str) -> set[str]:
    """The packages beside Python's own that a fresh interpreter has loaded after running this."""
    done = subprocess.run([sys.executable, "-c", f"{code}\n{SHOW}"], capture_output=True, text=True, check=True)
    names = set(done.stdout.splitlines()[-1].split()) - OF_THE_INTERPRETER
    return {name for name in names if not name.startswith(("_", "distutils"))}


def test_a_server_with_every_model_loads_what_it_serves_with() -> None:
    """Nothing that checks, records, draws, sends or speaks WebSockets before it is needed."""
    code = """
import urllib.request
import mockreel.cli.use.serve_command
from mockreel.server.socket_server import serving
with serving() as stage:
    for address in stage.addresses.values():
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address.url + "/nothing")
        except urllib.error.HTTPError:
            pass
"""
    assert loaded(code) - SERVES == set()


def test_help_loads_click_only() -> None:
    """And of the package no command."""
    code = "from mockreel.cli import main\nsys_argv = __import__('sys'); sys_argv.argv = ['mockreel', '--help']"
    code += "\ntry:\n    main()\nexcept SystemExit:\n    pass"
    assert loaded(code) == {"click", "mockreel"}


@pytest.mark.parametrize("command", [[sys.executable, "-m", "mockreel"], [SCRIPT]], ids=["module", "script"])
def test_a_ctrl_c_while_it_is_loaded_shows_no_traceback(tmp_path: Path, command: list[str]) -> None:
    """It comes when click is imported, which takes most of that time."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", HEED, *command, "run", "true"], capture_output=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


@pytest.mark.parametrize(
    "command", ["faults", "models veo", "openapi runflow", "serve --list-readings", "--help", "nonsense"]
)
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_nobody_who_reads(command: str, closed: str) -> None:
    """As a daemon starts its programs."""
    shell = f'exec "$0" -m mockreel {command} {closed}'
    done = subprocess.run(["sh", "-c", shell, sys.executable], capture_output=True, check=False)

    assert done.returncode == (2 if command == "nonsense" else 0)
    assert b"Traceback" not in done.stderr
