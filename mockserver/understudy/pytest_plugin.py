"""The pytest plugin: the fixture `understudy` is a stage of the test's own, on real sockets.

Nothing of the kit is imported until a test asks for a stage.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from understudy.server.running_stage import RunningStage
    from understudy.testing.company import Company
    from understudy.testing.options import Marked

# What a test's report carries, also from one process of xdist to the other.
READINGS = "understudy_readings"
UNSPENT = "understudy_unspent"
# A test's stage with its options, and its breaches once they were told.
_PLAYED = pytest.StashKey["tuple[RunningStage, Marked]"]()
_COMPANY = pytest.StashKey["Company"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--understudy-strict`, `--understudy-budget` and `--understudy-readings`."""
    group = parser.getgroup("understudy", "a stand-in for video-generation APIs")
    group.addoption(
        "--understudy-strict",
        action="store_true",
        help="Fail each test whose code broke the provider's contract as a client.",
    )
    group.addoption(
        "--understudy-budget",
        action="append",
        metavar="[PROVIDER=]AMOUNT",
        help="What every account begins with, in its provider's currency (repeatable); a marker's budget comes first.",
    )
    group.addoption(
        "--understudy-readings",
        choices=("default", "all"),
        default="default",
        help="Run each test with a stage under every reading of the docs: the default, each other option, all others.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line("markers", "understudy(**options): how the stage of the fixture `understudy` plays")


@pytest.fixture
def understudy(request: pytest.FixtureRequest) -> Iterator["RunningStage"]:
    """A stage of the test's own: `understudy.runflow.url`, `.runflow.key`, `.advance(3)`, `.journal`, `.clock`."""
    from understudy.ledger import unspent  # noqa: PLC0415

    item = request.node
    marked, company = _marked(item), _company(request.config)
    name, readings = getattr(request, "param", (None, {}))
    if name is not None:
        item.user_properties.append((READINGS, name))
    budget = request.config.getoption("--understudy-budget")
    with _said_plainly(), company.playing(marked, readings=readings, budget=budget) as stage:
        item.stash[_PLAYED] = (stage, marked)
        yield stage
        item.user_properties.append((UNSPENT, unspent(stage.inner).written()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that has passed where its client broke the contract and that counts."""
    outcome = yield
    played = item.stash.get(_PLAYED, None)
    if played is not None:
        stage, marked = played
        strict = item.config.getoption("--understudy-strict") if marked.strict is None else marked.strict
        if strict:
            _fail_on_breaches(stage, marked)
    return outcome


def _fail_on_breaches(stage: "RunningStage", marked: "Marked") -> None:
    from understudy.manners import breaches  # noqa: PLC0415

    with _said_plainly():
        found = breaches(stage.inner.parts.values(), allow=marked.allow)
    if not found:
        return
    told = "\n".join(f"  {breach}" for breach in found)
    names = ", ".join(repr(name) for name in dict.fromkeys(breach.manner for breach in found))
    way_out = f"If this is on purpose: @pytest.mark.understudy(allow=[{names}])"
    pytest.fail(f"The client broke the contract:\n{told}\n{way_out}", pytrace=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With `--understudy-readings all`, one test for each set of readings."""
    if metafunc.config.getoption("--understudy-readings") != "all" or "understudy" not in metafunc.fixturenames:
        return
    from understudy.testing.readings import sets  # noqa: PLC0415

    marked, company = _marked(metafunc.definition), _company(metafunc.config)
    with _said_plainly():
        found = list(sets(company.contracts(marked, {})))
    metafunc.parametrize("understudy", found, ids=[name for name, _ in found], indirect=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The sums that were not spent, and under which readings something broke; only where a stage was played."""
    reports = [one for some in terminalreporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
    ended = [text for one in reports if one.when == "teardown" and (text := _property(one, UNSPENT)) is not None]
    if not ended:
        return
    from understudy.ledger import read, together  # noqa: PLC0415

    terminalreporter.section("understudy")
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
    company = config.stash.get(_COMPANY, None)
    if company is not None:
        company.close()


def _company(config: pytest.Config) -> "Company":
    """The company of this run, made when it is first wanted."""
    from understudy.testing.company import Company  # noqa: PLC0415

    if _COMPANY not in config.stash:
        config.stash[_COMPANY] = Company()
    return config.stash[_COMPANY]


def _marked(item: Any) -> "Marked":
    from understudy.testing.options import read_marks  # noqa: PLC0415

    with _said_plainly():
        return read_marks(item.iter_markers("understudy"))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What understudy raises on purpose needs no traceback: its text says what is valid."""
    from understudy.errors import DataError, OptionError  # noqa: PLC0415

    try:
        yield
    except (DataError, OptionError) as wrong:
        raise pytest.fail.Exception(str(wrong), pytrace=False) from None
