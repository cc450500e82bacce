"""Faults in tests: by the marker of the plugin, and while a test runs."""

import pytest

RUNS = """
import httpx2
import pytest

def ask(mock, **headers):
    headers.setdefault("Authorization", f"Bearer {mock.runflow.key}")
    return httpx2.get(f"{mock.runflow.url}/v1/runs", headers=headers, trust_env=False)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder for a user's tests."""
    pytester.makefile(".ini", pytest="[pytest]\nfilterwarnings = error\n")
    return pytester


def test_the_marker_names_faults(suite: pytest.Pytester) -> None:
    """One or several, as text or as mappings; each test has its own."""
    suite.makepyfile(
        RUNS
        + """
@pytest.mark.mockreel(faults="reset; operation=list_runs; nth=1")
def test_one(mockreel):
    with pytest.raises(httpx2.ReadError):
        ask(mockreel)
    assert ask(mockreel).status_code == 200
    assert [entry.fault for entry in mockreel.journal] == ["reset", None]

@pytest.mark.mockreel(faults=[{"name": "gateway", "status": 504, "nth": 1}, "throttled; retry_after=2; nth=1"])
def test_several(mockreel):
    assert [ask(mockreel).status_code for _ in range(3)] == [504, 429, 200]

@pytest.mark.mockreel(keys=[{"key": "unlucky", "account": "two", "faults": "throttled"}])
def test_a_key(mockreel):
    assert ask(mockreel).status_code == 200
    assert ask(mockreel, Authorization="Bearer unlucky").status_code == 429

def test_none(mockreel):
    assert ask(mockreel).status_code == 200
    rule = mockreel.fault("malformed; probability=1")
    assert not ask(mockreel).content.endswith(b"}")
    mockreel.simulator.rules.remove(rule.id)
    assert ask(mockreel).json()["items"] == []
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('"rest"', "*fault: 'rest' is not valid. Nearest of *: reset*"),
        ("7", "*mockreel marker, faults: 7 is not valid. Valid: str, dict, list, tuple.*"),
        ('["reset; at=end"]', "*at of the fault reset: 'end' is not valid. Valid: before, middle.*"),
        ('["reset; operation=get_rn"]', "*operation: 'get_rn' is not valid. *get_run*"),
    ],
)
def test_a_mistake_is_rejected_with_what_is_valid(suite: pytest.Pytester, given: str, expected: str) -> None:
    """Before anything is served."""
    suite.makepyfile(RUNS + f"@pytest.mark.mockreel(faults={given})\ndef test_it(mockreel): ask(mockreel)\n")
    result = suite.runpytest_inprocess("-q")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([expected])
