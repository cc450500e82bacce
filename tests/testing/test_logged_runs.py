"""`--mockreel-keep-runs`: a test that fails leaves its run, which can be replayed."""

from pathlib import Path

import pytest
from testing.suites import SAY

from mockreel.server.recorded_run import replayed

TESTS = (
    SAY
    + """

def submit(s):
    return say(s, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]

def test_passes(mockreel):
    submit(mockreel)

@pytest.mark.mockreel(scenario="fail", faults=["throttled; operation=get_run; nth=2"])
def test_fails(mockreel):
    run = submit(mockreel)
    mockreel.advance(60)
    mockreel.set_balance("runflow", 3)
    for _ in range(3):
        say(mockreel, "GET", "/v1/runs/" + run)
    mockreel.reset()
    submit(mockreel)
    assert False
"""
)


def test_only_a_test_that_fails_leaves_its_run(suite: pytest.Pytester) -> None:
    """The report says where it is; it has what marker, test and client did, and replays with equal bytes."""
    suite.makepyfile(test_kept=TESTS)
    result = suite.runpytest_inprocess("-q", "--mockreel-keep-runs", "runs")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Kept in runs*test_fails; play it again: mockreel replay-run runs*"])
    (folder,) = Path("runs").iterdir()
    assert "test_fails" in folder.name
    found = replayed(folder)
    assert found.is_equal, found
    assert found.compared >= 5


def test_a_run_of_before_is_replaced(suite: pytest.Pytester) -> None:
    """Two runs of the suite leave one folder for the test."""
    suite.makepyfile(test_kept=TESTS)
    for _ in range(2):
        suite.runpytest_inprocess("-q", "--mockreel-keep-runs", "runs").assert_outcomes(passed=1, failed=1)
    assert len(list(Path("runs").iterdir())) == 1
