"""The list of checks: the docstring of each says what it proves."""

import shutil
import subprocess
from pathlib import Path
from tempfile import gettempdir

import nox

nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def tests(session: nox.Session) -> None:
    """The built wheel does what the tests say; the checkout's code is not importable here."""
    session.install("--group=test", ".")
    # Compiled files are kept, whatever the machine says: every run of pytest by a test would rewrite all of Hypothesis.
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    session.run("python", "-m", "pytest", "-n", "auto", "--dist", "worksteal", "-rs", *session.posargs, env=env)


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
    session.install(".[check,redis]", "pytest", "httpx", "respx")
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
def crash(session: nox.Session) -> None:
    """A server that keeps its run is killed 500 times while it is asked: nothing answered is lost, nothing is repeated.

    `-- --kills 50` kills it less often, `--durability sync` waits for the disk, `--state redis://…` keeps the run in a
    Redis. No default session.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "crash", *session.posargs, env={"PYTHONPATH": "tests"})


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
    """Published clients do their job unmodified, and documented samples are taken: prints what fails and who is wrong.

    Each client is installed in an environment of its own, pinned. The samples need the docs that MOCKREEL_DOCS names.
    No default session: it installs from an index.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "clients", *session.posargs, env={"PYTHONPATH": "tests"})


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
    session.run("mockreel", "check", "mock", "--seed", "1", "--budget", "120", *session.posargs)
    session.run("mockreel", "check", "control", "--seed", "1", "--budget", "20")


@nox.session
def seeds(session: nox.Session) -> None:
    """The mock server holds under twenty seeds and every provider, with everything asked that `--quick` plans.

    No default session; about two minutes. `-- FIRST LAST` takes other seeds.
    """
    session.install(".[check]")
    first, last = (int(word) for word in (session.posargs or ["1", "20"]))
    for seed in range(first, last + 1):
        session.run("mockreel", "check", "mock", "--quick", "--seed", str(seed))


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

    Prints which check notices which row and the share by kind; `-- --only KIND`, `--provider NAME` and `--sample 10`
    narrow it, `--results FILE` keeps what is known, `--write docs/reference/facts.md` writes the table. No default
    session.
    """
    session.install("--group=test", ".")
    session.run("python", "-m", "conformance.mutants", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def deep(session: nox.Session) -> None:
    """The long run: every provider with ten minutes of generated requests, every reading, logs cut at every byte.

    Then the tests that draw a sample in `nox -s tests`, with much larger ones. `-- --seed N` takes another seed. No
    default session.
    """
    session.install("--group=test", ".[check]")
    logs = ("tests/simulator/storage/test_sqlite_log.py", "tests/simulator/storage/test_bundle.py")
    session.run("python", "-m", "pytest", "-q", "-k", "cut", *logs, env={"MOCKREEL_CUTS": "1"})
    session.run("mockreel", "check", "mock", "--budget", "600", *session.posargs)
    session.run("mockreel", "check", "mock", "--readings", "all", *session.posargs)
    large = {
        "MOCKREEL_BAD_REQUESTS": "100000",
        "MOCKREEL_HYPOTHESIS": "deep",
        "MOCKREEL_SECRETS": "1000",
    }
    sampled = (
        "tests/test_never_breaks.py",
        "tests/properties",
        "tests/cassettes/test_redaction_properties.py",
        "tests/engine/redaction",
        "tests/conformance/test_honest_variants.py",
        "tests/conformance/test_honest_freedoms.py",
    )
    session.run("python", "-m", "pytest", "-n", "auto", *sampled, env=large)


@nox.session
def site(session: nox.Session) -> None:
    """The documentation as a site, with search, in build/site: every link leads somewhere. No default session."""
    session.install("--require-hashes", "--requirement", ".github/site/requirements.txt")
    session.run("mkdocs", "build", "--strict", "--config-file", ".ci/site/mkdocs.yml", *session.posargs)


@nox.session
def versions(session: nox.Session) -> None:
    """The site of one version, `-- 1.2`, is committed to the branch `gh-pages` beside those of the others.

    Nothing is pushed. No default session.
    """
    session.install("--require-hashes", "--requirement", ".github/site/requirements.txt")
    (version,) = session.posargs
    words = ("--config-file", ".ci/site/mkdocs.yml")
    session.run("mike", "deploy", *words, "--update-aliases", version, "latest")
    session.run("mike", "set-default", *words, "latest")


@nox.session
def sdist(session: nox.Session) -> None:
    """The sdist builds, installs and passes its tests without a network, from wheels that were fetched before.

    `-- WORDS` go to pytest. No default session; it takes as long as the tests.
    """
    session.install("--require-hashes", "--requirement", ".github/release/requirements.txt")
    folder = Path(session.create_tmp()) / "sdist"
    session.run("python", "-m", "build", "--no-isolation", "--sdist", "--outdir", str(folder), ".")
    (built,) = folder.glob("*.tar.gz")
    python = str(Path(session.bin) / "python")
    env = {"TMPDIR": gettempdir()}  # nox has one inside of this checkout, whose files the tests would find
    session.run("bash", ".github/release/try_sdist.sh", python, str(built), *session.posargs, external=True, env=env)


@nox.session
def wheel(session: nox.Session) -> None:
    """The built wheel works in an empty environment of each Python that is here; the sdist builds. No default session.

    Prints the wheel's size and its import times; tries `uvx --from` and `pipx run --spec` where they are here.
    """
    session.install("--require-hashes", "--requirement", ".github/release/requirements.txt")
    folder = Path(session.create_tmp()) / "dist"
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(folder), ".")
    session.run("twine", "check", "--strict", *map(str, folder.iterdir()))
    (built,) = folder.glob("*.whl")
    session.run("check-wheel-contents", str(built))
    found: list[str] = []
    for version in ("3.11", "3.12", "3.13", "3.14"):
        python = shutil.which(f"python{version}")
        if python is None or subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
            session.warn(f"Python {version} is not here, so the wheel was not tried on it")
            continue
        session.run("bash", ".github/release/try_wheel.sh", python, str(built), external=True)
        found.append(python)
    session.run("bash", ".github/release/try_runners.sh", str(built), *found, external=True)


@nox.session(venv_backend="none")
def pins(session: nox.Session) -> None:
    """Pin again what the kit and a release install, with hashes; needs `uv`. No default session."""
    shared = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")
    extras = [word for extra in ("check", "record", "redis", "run") for word in ("--extra", extra)]
    given: dict[str, list[str]] = {
        "actions": ["pyproject.toml", *extras],
        "release": [],
        "runners": [],
        "sdist": ["pyproject.toml", "--group", "pyproject.toml:test"],
        "site": [],
        "wheel": ["pyproject.toml"],
    }
    for purpose, words in given.items():
        at = Path(".github") / purpose
        files = (str(at / "requirements.in"), "--no-emit-index-url", "--output-file", str(at / "requirements.txt"))
        session.run("uv", "pip", "compile", *shared, *words, *files, external=True)
    lock = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund")
    session.run("npm", "--prefix", "docs/node", *lock, external=True)
