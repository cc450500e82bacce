"""`mockreel run` as a command: the options of `serve`, the page, the log for machines."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.cli.use.run_command import command as run_command
from mockreel.cli.use.serve_command import command as serve_command

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")

# What `serve` has and `run` has not: it stays on loopback, ends TLS itself, and what it listens to is nobody else's.
OF_SERVE_ALONE = {"host", "token", "tls", "tls_cert", "tls_key", "list_readings", "public_urls", "trusted_hosts"}
# It ends with its program: nobody signs in to it, scrapes it, or starts it again.
OF_SERVE_ALONE |= {"credentials", "listed", "metrics", "traces", "state", "durability", "record_run"}
CALL = """
import json, os, urllib.request
control = os.environ["MOCKREEL_CONTROL_URL"]
clock = json.load(urllib.request.urlopen(control + "/_mockreel/clock"))
asked = urllib.request.Request("https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
    json.dumps({"input": {"prompt": "a paper boat"}}).encode(),
    {"authorization": "Bearer rf_live_k", "content-type": "application/json"})
try:
    run = json.load(urllib.request.urlopen(asked))
    advance = urllib.request.Request(control + "/_mockreel/clock/advance", b'{"seconds": 60}',
        {"content-type": "application/json"})
    urllib.request.urlopen(advance)
    own = urllib.request.Request("https://api.runflow.io/v1/runs/" + run["id"])
    own.add_header("authorization", "Bearer rf_live_k")
    url = json.load(urllib.request.urlopen(own))["output"]["outputs"][0]["url"]
    print(json.dumps([control, clock, url, len(urllib.request.urlopen(url).read())]))
except urllib.error.HTTPError as refused:
    print(json.dumps([control, clock, refused.code, 0]))
"""


def _ran(*options: str, code: str = CALL) -> tuple[Any, list[str]]:
    """What the program printed, and the lines of the run."""
    command = [sys.executable, "-m", "mockreel", "run", *options, "--", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return (json.loads(done.stdout) if done.stdout else None), done.stderr.splitlines()


def test_it_has_every_option_of_serve_that_fits() -> None:
    """Both commands behave alike."""
    ours, others = ({one.name for one in found.params} for found in (run_command, serve_command))

    assert others - ours == OF_SERVE_ALONE


def test_it_names_its_page_and_results_lie_under_https_and_the_real_host() -> None:
    """The clock is paused at the given start; the port is the chosen one."""
    port = _free_row(4)
    (control, clock, url, size), lines = _ran("--port", str(port), "--hold", "--start", "1000000")

    assert lines[0] == f"mockreel run: the dashboard is at http://127.0.0.1:{port}/"
    assert control == f"http://127.0.0.1:{port}"
    assert clock["held"] is True
    assert clock["now"] == 1_000_000
    assert url.startswith("https://api.runflow.io/")
    assert size > 1000


def test_what_cannot_be_read_as_a_request_is_reported() -> None:
    """HTTP/2 that nobody offered, for one: no operation and no line of the summary has it."""
    code = """
import socket, ssl
with socket.create_connection(("api.runflow.io", 443)) as plain:
    one = ssl.create_default_context().wrap_socket(plain, server_hostname="api.runflow.io")
    one.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n")
    while one.recv(4096):
        pass
"""
    _, lines = _ran("--quiet", code=code)

    assert any(line.startswith("mockreel run: a request to Runflow was rejected: HTTP/2 was sent") for line in lines)


def _free_row(number: int) -> int:
    """The first of so many ports in a row that are all free, below those that the system gives to clients."""
    for first in range(20_000 + os.getpid() % 5000, 32_000, number):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + number):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError(f"no {number} ports in a row are free")


def test_listed_keys_are_the_only_ones(tmp_path: Path) -> None:
    """As for `serve`."""
    keys = tmp_path / "keys.yaml"
    keys.write_text("- {key: rf_live_other, account: other, provider: runflow}\n")
    (_, _, status, _), _ = _ran("--keys", str(keys))

    assert status == 401


def test_the_log_for_machines_has_one_object_a_line() -> None:
    """Including blocked calls and the end of the program."""
    code = "import urllib.request\ntry: urllib.request.urlopen('http://files.example.com')\nexcept OSError: pass"
    _, lines = _ran("--json", code=code)
    rows = [json.loads(line) for line in lines]

    assert [row["kind"] for row in rows] == ["serving", "refused", "ended", "stopped"]
    assert "--allow-host files.example.com" in rows[1]["text"]
    assert rows[2]["code"] == 0


def test_the_ready_file_is_there_while_the_program_runs(tmp_path: Path) -> None:
    """It is removed at the end."""
    ready = tmp_path / "ready.json"
    found, _ = _ran("--ready-file", str(ready), code=f"print(open({str(ready)!r}).read())")

    assert found["runflow"]["url"].startswith("http://127.0.0.1:")
    assert not ready.exists()


def test_a_port_in_use_is_reported() -> None:
    """In one line, and nothing is run."""
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        reported = CliRunner().invoke(
            group, ["run", "--port", str(min(port, 65_000)), "--", sys.executable, "-c", "print(1)"]
        )

    assert reported.exit_code != 0
    assert reported.stdout == ""


def test_the_guard_needs_no_rights() -> None:
    """A process of another user has a guard too."""
    code = (
        "import os\nfrom mockreel.proxy.intercept.guard import seccomp\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: print(seccomp.install(seccomp.machine()) >= 0)\nexcept seccomp.Unavailable as why: print(why)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    if "it needs Linux" in done.stdout:
        pytest.skip("this machine has no guard")
    assert done.stdout == "True\n"
