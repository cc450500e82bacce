"""The list of checks: the docstring of each says what it proves."""

import contextlib
import subprocess
import time
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def tests(session: nox.Session) -> None:
    """The built wheel does what the tests say; the checkout's code is not importable here."""
    session.install("--group=test", ".")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """The code reads as the house style wants it, and imports only downwards through the rooms."""
    session.install("--group=lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", env={"PYTHONPATH": "mockserver"})


@nox.session
def types(session: nox.Session) -> None:
    """The types hold, in the package and in its tests."""
    session.install("--group=dev", "-e", ".")
    session.run("mypy")


@nox.session(venv_backend="none")
def readme(session: nox.Session) -> None:
    """Every command of the README works, in its order, in an environment where only its install line was run.

    In a copy of the checkout, but for the test command at its end. No default session: it installs from an index.
    """
    session.run("python3", "tests/tools/readme.py", *session.posargs, external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Requests are answered at a stated part of a bare app's speed; start-up and memory are small; no callback is lost.

    Prints every figure and whether its aim is met; `-- --help` lists what can be chosen. No default session.
    """
    session.install(".[check]", "pytest", "httpx", "respx")
    session.run("python", "-m", "bench", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def page(session: nox.Session) -> None:
    """The page is painted within a second and updated within a tenth, with 10,000 jobs and 100,000 exchanges behind it.

    In a browser that is there; it says so when there is none. Prints every figure. No default session.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "bench.page", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def fuzz(session: nox.Session) -> None:
    """A hundred thousand bad requests over real sockets: no accidental 5xx, no hang, flat memory after each reset.

    `-- --requests 1000000` sends a million, `--seed` others. No default session.
    """
    session.install("--group=test", ".")
    given = session.posargs or ["--requests", "100000"]
    session.run("python", "-m", "fuzz", *given, env={"PYTHONPATH": "tests"})


@nox.session
def secrets(session: nox.Session) -> None:
    """Thousands of generated secrets in every place of every operation: no outlet shows one. No default session."""
    session.install("--group=test", ".")
    env = {"MOCKREEL_SECRETS": "5000"}
    session.run("python", "-m", "pytest", "-n", "auto", "tests/engine/redaction", *session.posargs, env=env)


@nox.session
def pictures(session: nox.Session) -> None:
    """The pictures in the docs are of the page as it is: takes them again. No default session."""
    session.install("--group=test", ".")
    folder = str(Path("docs/pictures").resolve())
    session.run("python", "-m", "tools.pictures", folder, env={"PYTHONPATH": "tests"})


@nox.session
def clips(session: nox.Session) -> None:
    """The packed clips can be made again from their recipe, byte for byte with the same PyAV.

    Writes them to the folder that follows `--`, else over the packed ones. No default session: it takes minutes.
    """
    session.install("--group=test", "-e", ".")
    session.run("python", "-m", "tools.clip_recipe", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def clients(session: nox.Session) -> None:
    """Unmodified clients that others published take the mock server for their provider."""
    session.install(".", "runninghub_sdk==1.1.9", "aimlapi-sdk-python==2.24.0rc1")
    ready = Path(session.create_tmp()) / "ready.json"
    server = subprocess.Popen([f"{session.bin}/mockreel", "serve", "--port", "0", "--ready-file", str(ready)])
    try:
        while not ready.exists() and server.poll() is None:
            time.sleep(0.05)
        session.run("python", "tests/clients/speak.py", str(ready))
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)


@nox.session
def languages(session: nox.Session) -> None:
    """Clients of other languages poll over one connection, at a pace slower than many servers wait (3 minutes)."""
    session.install("--group=test", ".")
    session.run(
        "python", "-m", "pytest", "-n", "auto", "tests/server/test_languages.py", env={"MOCKREEL_POLL_PAUSE": "6"}
    )


@nox.session
def check(session: nox.Session) -> None:
    """The mock server holds against its own contract suite, with a fixed seed; so does the control API."""
    session.install(".[check]")
    session.run("mockreel", "check", "mock", "--seed", "1", "--budget", "60", *session.posargs)
    session.run("mockreel", "check", "control", "--seed", "1", "--budget", "20")


@nox.session
def cassettes(session: nox.Session) -> None:
    """No recording holds what looks like a secret, and each of them still holds against the contract and the client."""
    session.install(".[record]")
    session.run("mockreel", "cassettes", "scan", *session.posargs)
    session.run("mockreel", "replay")


@nox.session
def saboteurs(session: nox.Session) -> None:
    """The suite catches every server that is broken on purpose, and leaves the honest mock server alone.

    Prints which check caught which; `-- --write docs/reference/check.md` writes the table into the docs. No default
    session.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "conformance.saboteurs", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def drift_edits(session: nox.Session) -> None:
    """Drift judges a thousand edits of documents rightly; prints the table. Takes the docs that MOCKREEL_DOCS names.

    No default session; `-- N` makes another number of edits.
    """
    session.install("--group=test", ".")
    many = session.posargs[0] if session.posargs else "1000"
    session.run("pytest", "-s", "-q", "tests/drift/test_edits.py", env={"MOCKREEL_EDITS": many})


@nox.session
def scan_corpus(session: nox.Session) -> None:
    """The scan finds generated secrets and lets harmless texts be; prints both shares. No default session."""
    session.install("--group=test", ".")
    rounds = session.posargs[0] if session.posargs else "10"
    session.run("pytest", "-s", "-q", "tests/cassettes/test_secret_corpus.py", env={"MOCKREEL_CORPUS_ROUNDS": rounds})


@nox.session
def mutants(session: nox.Session) -> None:
    """A contract that is false in one row is told from the true one, whichever row it is.

    Prints which check notices which row and the share by kind; `-- --sample 10` takes every tenth row,
    `-- --write docs/reference/check.md` writes the table into the docs. No default session.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "conformance.mutants", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def deep(session: nox.Session) -> None:
    """The long run: every provider with ten minutes of generated requests, and every reading. No default session.

    `-- --seed N` takes another seed.
    """
    session.install(".[check]")
    session.run("mockreel", "check", "mock", "--budget", "600", *session.posargs)
    session.run("mockreel", "check", "mock", "--readings", "all", *session.posargs)
