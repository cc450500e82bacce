"""The pytest plugin: the fixture `mockreel` is a mock server for one test, at addresses that stay the same.

Nothing else of mockreel is imported until a test uses it.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockreel.server.mock_server import MockServer
    from mockreel.testing.marker_options import Marked
    from mockreel.testing.shared_server import ServerAddresses
    from mockreel.testing.simulators import TestServers

# The attribute of a test's report with its rule outcomes, also between processes of xdist.
READINGS = "mockreel_readings"
COST_AVOIDED = "mockreel_cost_avoided"
_OUTCOMES = "mockreel_looked_at"
# The distance between the ports of two workers of xdist.
WORKER_PORTS = 10
# A test's server with its options, while the test uses it.
_PLAYED = pytest.StashKey["tuple[MockServer, Marked]"]()
# The folder of a test's recorded run.
_RECORDED = pytest.StashKey["Path"]()
_FAILED = pytest.StashKey[bool]()
_COMPANY = pytest.StashKey["TestServers"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--mockreel-strict`, `--mockreel-budget`, `--mockreel-readings` and others."""
    group = parser.getgroup("mockreel", "a mock server for video-generation APIs")
    group.addoption(
        "--mockreel-strict",
        action="store_true",
        help="Fail each test whose code broke the provider's contract as a client.",
    )
    group.addoption(
        "--mockreel-rules",
        action="append",
        metavar="RULE",
        help="Which client rules count where it is strict: default, all, or one by name (repeatable).",
    )
    group.addoption(
        "--mockreel-report",
        action="append",
        metavar="FORM=PATH",
        help="Write what strict tests come to: junit, json, markdown, sarif, github, gitlab or text (repeatable).",
    )
    group.addoption(
        "--mockreel-budget",
        action="append",
        metavar="[PROVIDER=]AMOUNT",
        help="What every account begins with, in its provider's currency (repeatable); a marker's budget comes first.",
    )
    group.addoption(
        "--mockreel-port",
        type=int,
        default=0,
        metavar="PORT",
        help="Control's port, the providers take the following ones; under xdist, 10 more for each worker; 0 takes "
        "free ones.",
    )
    group.addoption(
        "--mockreel-readings",
        choices=("default", "all"),
        default="default",
        help="Run each test under every reading of the docs: the default, each other option, all others.",
    )
    group.addoption(
        "--mockreel-keep-runs",
        metavar="DIR",
        help="Keep the run of each test that fails in a folder in DIR; `mockreel replay-run` plays it again.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the rule report."""
    config.addinivalue_line("markers", "mockreel(**options): how the mock server of the fixture `mockreel` plays")
    if config.getoption("--mockreel-rules"):
        _check_rules(config.getoption("--mockreel-rules"))
    reports = config.getoption("--mockreel-report")
    if reports and not hasattr(config, "workerinput"):  # workers of xdist send theirs to the process that writes
        config.pluginmanager.register(_RuleReports(reports), "mockreel-rule-report")


def _check_rules(names: Iterable[str]) -> None:
    from mockreel.errors import OptionError  # noqa: PLC0415
    from mockreel.simulator.client_rules import RULES, select  # noqa: PLC0415

    try:
        select(RULES, named=names, source="--mockreel-")
    except OptionError as wrong:
        raise pytest.UsageError(str(wrong)) from wrong


class _RuleReports:
    """Collects the outcomes of strict tests, and writes them at the end of the run."""

    def __init__(self, reports: Iterable[str]) -> None:
        from mockreel.errors import OptionError  # noqa: PLC0415
        from mockreel.testing.rule_report import RuleReport, read_forms  # noqa: PLC0415

        try:
            self._report = RuleReport(read_forms(reports))
        except OptionError as wrong:
            raise pytest.UsageError(str(wrong)) from wrong

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the outcomes of a test."""
        outcomes = getattr(report, _OUTCOMES, None)
        if outcomes is not None:
            self._report.add(outcomes)

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        self._report.write()


@pytest.fixture(scope="session")
def mockreel_server(request: pytest.FixtureRequest) -> "ServerAddresses":
    """The mock server's addresses for the whole run: `mockreel_server.runflow.url`, `.runflow.key`, `.control.url`.

    The fixture `mockreel` puts a new simulator behind these addresses for each test that uses it.
    """
    with _without_traceback():
        return _servers(request.config).addresses()


@pytest.fixture
def mockreel(request: pytest.FixtureRequest) -> Iterator["MockServer"]:
    """A mock server for one test: `mockreel.runflow.url`, `.runflow.key`, `.advance(3)`, `.journal`, `.clock`."""
    from mockreel.engine.billing import cost_avoided  # noqa: PLC0415

    item = request.node
    marked, servers = _marked(item), _servers(request.config)
    name, readings = getattr(request, "param", (None, {}))
    if name is not None:
        item.user_properties.append((READINGS, name))
    budget = request.config.getoption("--mockreel-budget")
    with (
        _recording(item) as record,
        _without_traceback(),
        servers.playing(marked, readings=readings, budget=budget, record=record) as server,
    ):
        item.stash[_PLAYED] = (server, marked)
        try:
            yield server
        finally:
            del item.stash[_PLAYED]  # else it would live until the session ends
        item.user_properties.append((COST_AVOIDED, cost_avoided(server.simulator).to_text()))


@contextmanager
def _recording(item: Any) -> "Iterator[Path | None]":
    """The folder for the recorded run of a test, if runs are kept; it is removed if the test passes."""
    folder = item.config.getoption("--mockreel-keep-runs")
    if folder is None:
        yield None
        return
    from mockreel.testing.run_folders import folder_of, forget  # noqa: PLC0415

    record = folder_of(folder, item.nodeid)
    forget(record)
    item.stash[_RECORDED] = record
    yield record
    if not item.stash.get(_FAILED, False):
        forget(record)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a passed strict test whose client broke the contract; add the journal to the report of a failed test.

    The report fails, not the test, so that an `xfail` does not accept this as its expected failure.
    """
    report = yield
    played = item.stash.get(_PLAYED, None)
    if played is None or report.when != "call":
        return report
    server, marked = played
    strict = item.config.getoption("--mockreel-strict") if marked.strict is None else marked.strict
    if strict and item.config.getoption("--mockreel-report"):
        _attach_outcomes(report, item, server, marked)
    if report.passed and strict:
        violations = _violations(server, marked, item.config.getoption("--mockreel-rules") or ())
        if violations:
            report.outcome, report.longrepr = "failed", violations
            report.__dict__.pop("wasxfail", None)
    elif report.failed:
        from mockreel.testing.failure_report import sections  # noqa: PLC0415

        report.sections += sections(server)
    if report.failed and _RECORDED in item.stash:
        item.stash[_FAILED] = True
        where = item.stash[_RECORDED]
        report.sections.append(("mockreel run", f"Kept in {where}; play it again: mockreel replay-run {where}"))
    return report


def _attach_outcomes(report: pytest.TestReport, item: pytest.Item, server: "MockServer", marked: "Marked") -> None:
    """Attach the rule outcomes to the report of a test; an unknown rule fails the test later."""
    from mockreel.errors import OptionError  # noqa: PLC0415
    from mockreel.testing.rule_report import place_of, rule_outcomes  # noqa: PLC0415

    rules = marked.rules or item.config.getoption("--mockreel-rules") or ()
    place = place_of(item.path, (item.location[1] or 0) + 1, root=item.config.rootpath)
    with suppress(OptionError):
        outcomes = rule_outcomes(server, report.nodeid, rules=[*rules], allow=[*marked.allow], place=place)
        setattr(report, _OUTCOMES, outcomes)


def _violations(server: "MockServer", marked: "Marked", rules: Iterable[str]) -> str:
    """The violations of the client as text; empty if there are none."""
    from mockreel.errors import OptionError  # noqa: PLC0415

    try:
        found = server.violations(rules=marked.rules or rules, allow=marked.allow)
    except OptionError as wrong:
        return str(wrong)
    if not found:
        return ""
    lines = "\n".join(f"  {one}" for one in found)
    names = ", ".join(repr(name) for name in dict.fromkeys(one.rule for one in found))
    listed = ", ".join(f'"{name}"' for name in dict.fromkeys(one.rule for one in found))
    return (
        f"The client broke the contract:\n{lines}\nIf this is on purpose: "
        f"with mockreel.expecting_violation({listed}): …, or @pytest.mark.mockreel(allow=[{names}])"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With `--mockreel-readings all`, one test for each set of readings."""
    if metafunc.config.getoption("--mockreel-readings") != "all" or "mockreel" not in metafunc.fixturenames:
        return
    from mockreel.testing.reading_sets import sets  # noqa: PLC0415

    marked, servers = _marked(metafunc.definition), _servers(metafunc.config)
    with _without_traceback():
        found = list(sets(servers.contracts(marked, {})))
    metafunc.parametrize("mockreel", found, ids=[name for name, _ in found], indirect=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Report the estimated cost avoided, and the readings with failed tests, if a mock server was used."""
    reports = [one for some in terminalreporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
    ended = [text for one in reports if one.when == "teardown" and (text := _property(one, COST_AVOIDED)) is not None]
    if not ended:
        return
    from mockreel.engine.billing import read, together  # noqa: PLC0415

    terminalreporter.section("mockreel")
    for line in together(map(read, ended)).lines():
        terminalreporter.line(line)
    broken: dict[str, set[str]] = {}
    for one in reports:
        name = _property(one, READINGS)
        if name is not None and one.failed:
            broken.setdefault(name, set()).add(one.nodeid)
    for name, tests in broken.items():
        terminalreporter.line(f"Under {name}: {len(tests)} failed.")


def _property(report: pytest.TestReport, name: str) -> str | None:
    """The last of a report's properties with that name."""
    return next((str(value) for key, value in reversed(report.user_properties) if key == name), None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Wait until every server has ended."""
    servers = config.stash.get(_COMPANY, None)
    if servers is not None:
        servers.close()


def _servers(config: pytest.Config) -> "TestServers":
    """The servers of this run, created on first use."""
    from mockreel.testing.simulators import TestServers  # noqa: PLC0415

    if _COMPANY not in config.stash:
        config.stash[_COMPANY] = TestServers(port=_port(config))
    return config.stash[_COMPANY]


def _port(config: pytest.Config) -> int:
    """The port of this process; each worker of xdist has its own."""
    port: int = config.getoption("--mockreel-port")
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return port + WORKER_PORTS * int(worker.removeprefix("gw")) if port else 0


def _marked(item: Any) -> "Marked":
    from mockreel.testing.marker_options import read_marks  # noqa: PLC0415

    with _without_traceback():
        return read_marks(item.iter_markers("mockreel"))


@contextmanager
def _without_traceback() -> Iterator[None]:
    """Fail with the message only for errors that mockreel raises on purpose."""
    from mockreel.errors import DataError, OptionError, PortTaken  # noqa: PLC0415

    try:
        yield
    except (DataError, OptionError, PortTaken) as wrong:
        raise pytest.fail.Exception(str(wrong), pytrace=False) from None
