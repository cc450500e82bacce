"""A run: what it allows, blocks, reports and leaves behind."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from proxy.intercept.conftest import PROGRAMS, Play, ServerLog
from support.caller import FOURTH

from mockreel.cli import group
from mockreel.errors import MockreelError, OptionError
from mockreel.proxy.intercept.child_process import NotStarted
from mockreel.simulator.settings import Settings

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")

SUBMIT = (PROGRAMS / "with_requests.py").read_text("utf-8")
BEGIN = """
import json, urllib.request
asked = urllib.request.Request("https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
    json.dumps({"input": {"prompt": "a paper boat"}}).encode(),
    {"authorization": "Bearer rf_live_k", "content-type": "application/json"})
print(json.load(urllib.request.urlopen(asked))["id"])
"""
CALL = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer k"})).read())
except OSError as problem:
    print(problem, getattr(problem, "read", bytes)())
"""


@pytest.mark.parametrize(
    ("code", "expected"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_the_exit_code_is_passed_on(play: Play, code: str, expected: int) -> None:
    """A program that a signal ended ends as a shell would say it."""
    assert play("-c", code).ran.code == expected


@pytest.mark.parametrize(("mode", "code"), [(None, 127), (0o600, 126)])
def test_a_program_that_cannot_be_started_is_reported(play: Play, tmp_path: Path, mode: int | None, code: int) -> None:
    """With the exit code of a shell."""
    program = tmp_path / "program"
    if mode is not None:
        program.touch(mode)

    with pytest.raises(NotStarted, match=r"could not be started: .* Give a program that is on the PATH") as reported:
        play(str(program), bare=True)

    assert reported.value.code == code


@pytest.mark.parametrize("url", ["https://files.example.com/a.png", "http://files.example.com/a.png"])
def test_any_other_host_is_blocked_and_the_message_says_how_to_allow_it(play: Play, url: str) -> None:
    """With TLS and without; it is reported at once and at the end."""
    played = play("-c", CALL, url)

    assert "allow it" in played.output.lower()
    assert "--allow-host files.example.com" in played.reported[0]
    assert "Refused: files.example.com once." in played.lines


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here, so it was not refused anything")
def test_other_hosts_are_blocked_for_node_too(play: Play) -> None:
    """Although it would not have used the proxy."""
    code = "fetch('https://files.example.com/').catch((problem) => console.log(problem.cause.message))"
    played = play("node", "-e", code, bare=True)

    assert "--allow-host files.example.com" in played.output
    assert "--allow-host files.example.com" in played.reported[0]
    assert "Refused: files.example.com once." in played.lines


def test_a_provider_that_is_not_played_is_any_other_host(play: Play) -> None:
    """So that no real call is made by mistake."""
    played = play("-c", CALL, "https://api.aimlapi.com/models", providers=("runflow",))

    assert "api.aimlapi.com was not called" in played.reported[0]


def test_a_provider_is_not_called_without_tls(play: Play) -> None:
    """A key would go there unencrypted."""
    played = play("-c", CALL, "http://api.runflow.io/v1/health")

    assert "a key would be sent unencrypted" in played.output


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_an_allowed_host_is_reached_through_the_proxy_that_was_set(play: Play, server: ServerLog, name: str) -> None:
    """With the login that its URL holds; the providers are not."""
    before = {name: server.url.replace("//", "//user:pass%20word@"), "NO_PROXY": "*.internal"}
    played = play("-c", CALL, "https://files.example.com/", environment=before, allow_hosts=("*.example.com",))

    assert server.lines == ["CONNECT files.example.com:443 HTTP/1.1"]
    assert server.headers[0]["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
    assert "Let through: files.example.com once." in played.lines


def test_an_allowed_host_without_tls_too(play: Play, server: ServerLog) -> None:
    """The proxy gets the whole URL, and one request for each connection."""
    before = {"http_proxy": server.url}
    played = play("-c", CALL, "http://files.example.com/a?b=c", environment=before, allow_hosts=("files.example.com",))

    assert "heard" in played.output
    assert server.lines == ["GET http://files.example.com/a?b=c HTTP/1.1"]
    assert server.headers[0]["connection"] == "close"


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("socks5://127.0.0.1:9", "is not an http:// proxy"),
        ("http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_a_former_proxy_that_cannot_be_used_is_named(play: Play, proxy: str, why: str) -> None:
    """Rather than going around it."""
    before = {"HTTPS_PROXY": proxy}
    assert why in play("-c", CALL, "https://a.example/", environment=before, allow_hosts=("a.example",)).output


def test_an_error_of_a_previous_proxy_is_quoted(play: Play, server: ServerLog) -> None:
    """Its response helps."""
    before = {"HTTPS_PROXY": server.url}
    played = play("-c", CALL, "https://refusing.example/", environment=before, allow_hosts=("*",))

    assert "does not let refusing.example pass: HTTP/1.0 407" in played.output


def test_a_no_proxy_that_was_set_does_not_lead_around_us(play: Play) -> None:
    """A provider's host in it would be the real one."""
    played = play("-c", CALL, "https://api.runflow.io/v1/health", environment={"NO_PROXY": "*", "no_proxy": "*"})

    assert "ok" in played.output


@pytest.mark.parametrize("environment", [{}, {"HTTP_PROXY": "http://127.0.0.1:9"}])
def test_calls_on_this_machine_are_left_alone(play: Play, server: ServerLog, environment: dict[str, str]) -> None:
    """With any previous proxy; they come from the program itself, or through the run's proxy."""
    insisting = "import urllib.request as u, os; os.environ.pop('NO_PROXY'), os.environ.pop('no_proxy')" + CALL
    plain = play("-c", CALL, server.url, environment=environment)
    led = play("-c", insisting, server.url, environment=environment)

    assert "heard" in plain.output
    assert "heard" in led.output
    assert server.lines == ["GET / HTTP/1.1", "GET / HTTP/1.1"]


def test_the_environment_is_the_programs_alone_and_keeps_what_was_set(play: Play, tmp_path: Path) -> None:
    """This process's is unchanged; `NODE_OPTIONS`, `PYTHONPATH` and the user's `sitecustomize` still apply."""
    (tmp_path / "sitecustomize.py").write_text("print('mine too')")
    before = dict(os.environ)
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    own = {"PYTHONPATH": str(tmp_path), "NODE_OPTIONS": "--no-warnings", "SSL_CERT_DIR": "/nowhere", "MINE": "kept"}
    first, found = play("-c", show, environment=own).output.splitlines()
    seen = json.loads(found)

    assert dict(os.environ) == before
    assert first == "mine too"
    assert seen["PYTHONPATH"].endswith(os.pathsep + str(tmp_path))
    assert seen["NODE_OPTIONS"].endswith(" --no-warnings")
    assert seen["MINE"] == "kept"
    assert "SSL_CERT_DIR" not in seen
    assert seen["NO_PROXY"] == seen["no_proxy"] == "localhost,127.0.0.1,::1"


def test_what_was_trusted_before_is_still_trusted(play: Play, tmp_path: Path) -> None:
    """The program's bundle holds the authorities of the former one, and ours."""
    (tmp_path / "former.pem").write_text("# former\n")
    code = (
        "import os; print(open(os.environ['SSL_CERT_FILE']).read()[:9], open(os.environ['NODE_EXTRA_CA_CERTS']).read())"
    )
    played = play("-c", code, environment={"CURL_CA_BUNDLE": str(tmp_path / "former.pem")})

    assert played.output.startswith("# former\n")
    assert played.output.count("BEGIN CERTIFICATE") == 1


def test_no_key_is_in_a_file_and_the_folder_is_the_users_alone_and_goes(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program looks through all that the run has written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = """
import os, pathlib, stat
own = pathlib.Path(os.environ["SSL_CERT_FILE"]).parent
files = [path for path in own.parent.rglob("*") if path.is_file()]
print(oct(stat.S_IMODE(own.stat().st_mode)), {oct(stat.S_IMODE(one.stat().st_mode)) for one in files}, len(files) > 2)
print(any(b"PRIVATE KEY" in one.read_bytes() for one in files), own)
"""
    first, second = play("-c", code).output.splitlines()

    assert first == f"{oct(stat.S_IRWXU)} {{'{oct(stat.S_IRUSR | stat.S_IWUSR)}'}} True"
    assert second.startswith("False ")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_trust_each_others_certificates(play: Play) -> None:
    """An authority is made for one run, and another run's bundle does not have it."""
    code = "import os; print(open(os.environ['NODE_EXTRA_CA_CERTS']).read())"

    assert play("-c", code).output != play("-c", code).output


def test_a_program_with_its_own_authorities_is_reported(play: Play) -> None:
    """The message says what the user can do."""
    code = """
import ssl, urllib.request
try:
    urllib.request.urlopen("https://api.runflow.io/v1/health", context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
except OSError as problem:
    print(problem)
"""
    played = play("-c", code)

    assert "CERTIFICATE_VERIFY_FAILED" in played.output
    assert "api.runflow.io was not called: the program does not trust this run's certificate" in played.reported[0]
    assert "1 connection to api.runflow.io ended before any request: the program does not trust" in played.lines
    assert "Nothing arrived" in played.lines


def test_a_program_without_calls_is_reported_as_nothing_arrived(play: Play) -> None:
    """Behind the guard nothing has left; without it, real calls may have been made."""
    guarded, not_guarded = (play("-c", "print('calls nobody')", guard=guard).lines for guard in ("require", "off"))

    assert "Nothing arrived: no request came for api.aimlapi.com" in guarded
    assert "and nothing left this machine" in guarded
    assert "Nothing arrived. Either the program did not call api.aimlapi.com" in not_guarded
    assert "cost" not in guarded + not_guarded


def test_public_callback_urls_come_home(play: Play, server: ServerLog) -> None:
    """They are mapped to a local receiver; the mock server runs until they are accepted."""
    home = {"https://your-server.com": server.url}
    played = play("-c", SUBMIT, callback_map=home, wait=30.0)

    assert server.lines == ["POST /webhook HTTP/1.1"]
    assert json.loads(server.bodies[0])["event"] == "run.completed"
    assert "callbacks: 1 delivered" in played.lines


def test_a_blocked_callback_is_reported_with_the_remedy(play: Play) -> None:
    """The program registered a public address."""
    code = SUBMIT.replace("your-server.com", "192.0.2.1")
    played = play("-c", code, wait=30.0)

    assert "not delivered: 192.0.2.1 (192.0.2.1) is not on this machine" in played.lines
    assert "--callback-map https://192.0.2.1=http://127.0.0.1:PORT" in played.lines


def test_no_callback_reaches_the_run_itself(play: Play) -> None:
    """Neither its proxy nor its ports are targets."""
    own = SUBMIT.replace('"https://your-server.com/webhook"', '__import__("os").environ["HTTPS_PROXY"] + "/webhook"')

    assert "of this machine is mockreel itself" in play("-c", own, wait=30.0).lines


def test_the_options_of_the_simulator_hold(play: Play) -> None:
    """A reading changes the responses."""
    polling = (PROGRAMS / "with_polling.py").read_text("utf-8")
    lenient = play("-c", polling, providers=("aimlapi",))
    strict = play("-c", polling, providers=("aimlapi",), readings={"lenient-numbers": "off"})

    assert "submit_generation 200" in lenient.lines
    assert "submit_generation 400 invalid-body" in strict.lines
    assert "rejected for /duration" in strict.lines


def test_the_seed_decides_what_the_jobs_are(play: Play) -> None:
    """The same seed and calls give the same random part of an id, another seed another one."""
    first, again, other = (play("-c", BEGIN, settings=Settings(seed=seed)).output.strip()[-12:] for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_pace_decides_how_long_jobs_take(play: Play) -> None:
    """What is over within moments at the quick pace is under way at the documented one, by the same clock."""
    quick = play("-c", BEGIN, settings=Settings(pace="quick"), speed=3.0, wait=60.0)  # it waits no longer than needed
    documented = play("-c", BEGIN, settings=Settings(pace="documented"), speed=3.0)

    assert "still running" not in quick.lines
    assert "1 job is still running" in documented.lines


def test_an_unknown_pace_is_rejected_with_the_known_ones(play: Play) -> None:
    """As `serve` would."""
    with pytest.raises(OptionError, match=r"pace for runflow: 'lento' is not valid\. Valid: .*quick"):
        play("-c", "", settings=Settings(pace="lento"))


def test_the_command_accepts_seed_and_pace(capfd: pytest.CaptureFixture[str]) -> None:
    """They are used."""
    ids = []
    for seed in ("7", "7", "8"):
        reported = _command("--seed", seed, "--pace", "documented", "--", sys.executable, "-c", BEGIN)
        assert "1 job is still running" in reported.stderr
        ids.append(capfd.readouterr().out.strip()[-12:])

    assert len(ids[0]) == 12
    assert ids[0] == ids[1] != ids[2]
    assert _command("--pace", "lento", "--", sys.executable, "-c", "").exit_code != 0


def test_an_own_provider_is_played(play: Play) -> None:
    """By the hosts of its contract."""
    played = play("-c", CALL, "https://api.encore.invalid/v1/jobs", data=FOURTH, providers=("encore",))

    assert "list_jobs 200" in played.lines


def test_an_unknown_option_of_the_mock_server_is_reported(play: Play) -> None:
    """As `serve` would."""
    with pytest.raises(OptionError, match="provider: 'nobody' is not valid"):
        play("-c", "", providers=("nobody",))


def test_without_the_extra_the_error_says_how_to_install_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the line to type."""
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(MockreelError, match=r"trustme, which is not installed.*pip install '\.\[run\]'"):
        play("-c", "")


def _command(*words: str) -> Any:
    return CliRunner().invoke(group, ["run", *words])


def test_the_command_tells_on_stderr_and_passes_the_code_on() -> None:
    """What the program prints is its own."""
    reported = _command("--", sys.executable, "-c", "raise SystemExit(4)")

    assert reported.exit_code == 4
    assert reported.stdout == ""
    assert "mockreel run: the program ended with 4 after" in reported.stderr
    assert "Nothing arrived" in reported.stderr


def test_the_command_can_be_quiet_and_leaves_the_programs_options_alone() -> None:
    """All that follows the first word is the program's, also without `--`."""
    reported = _command("--quiet", sys.executable, "-c", "import sys; sys.exit(len(sys.argv))", "--quiet", "--help")

    assert reported.exit_code == 3
    assert reported.stderr == ""


def test_the_command_without_a_program_is_an_error() -> None:
    """And one that is not there ends as in a shell."""
    assert "Missing argument '-- COMMAND'" in _command().stderr
    assert _command("--", "no-such-program-anywhere").exit_code == 127
