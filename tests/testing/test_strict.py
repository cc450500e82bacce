"""The pytest plugin's strictness: client rules, every reading, and what its page says."""

from dataclasses import fields

import pytest
from testing.suites import RECEIVER, SAY
from tools.pages import page

from mockreel.simulator.client_rules.rule_list import IDS
from mockreel.simulator.simulator import load_contracts
from mockreel.testing.marker_options import Marked
from mockreel.testing.reading_sets import sets


def strict(suite: pytest.Pytester, *tests: tuple[str, str]) -> pytest.RunResult:
    """Run tests, each of a marker's options and the code of its body, under `--mockreel-strict`."""
    written = SAY + RECEIVER
    for number, (mark, code) in enumerate(tests):
        lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
        written += f"\n@pytest.mark.mockreel({mark})\ndef test_{number}(mockreel, receiver):\n    s = mockreel\n{lines}"
    suite.makepyfile(written)
    return suite.runpytest_inprocess("-q", "--mockreel-strict")


SUBMIT = 'r = say(s, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]\n'
CALL = 'say(s, "GET", "/v1/runs/" + r)\n'
HUB = """
def hub(path, body):
    headers = {"Authorization": "Bearer " + s.runninghub.key}
    return httpx2.post(s.runninghub.url + path, json=body, headers=headers, trust_env=False).json()
boat = {"prompt": "A paper boat.", "duration": "8", "resolution": "720p", "aspectRatio": "16:9"}
t = hub("/openapi/v2/rhart-video-v3.1-lite-official/text-to-video", boat)["taskId"]
"""
VERIFIED = """
secret = []
def answer(headers, body):
    signed = hmac.new(secret[0].encode(), body, hashlib.sha256).hexdigest()
    return 200 if hmac.compare_digest(signed, headers["Runflow-Signature"]) else 401
receiver.answer = answer
secret.append(signed_run(s, receiver))
s.advance(60)
"""
LOST = """
HEADERS = {}
s.fault("lost-answer; nth=1")
def submit():
    headers = {"Authorization": "Bearer " + s.runflow.key, **HEADERS}
    body = {"input": {"prompt": "A paper boat."}}
    return httpx2.post(s.runflow.url + RUNS, json=body, headers=headers, trust_env=False)
with pytest.raises(httpx2.TransportError):
    submit()
submit()
"""
# What breaks a rule, the same without the one thing that breaks it, and the message.
BROKEN = {
    "invalid-request": (
        'say(s, "POST", RUNS, {"input": {"prompt": 7}})',
        'say(s, "POST", RUNS, {"input": {"prompt": "7"}})',
        "*POST /v1/models/google/veo3.1/lite/runs was sent with /input/prompt: 7 *invalid-request*",
    ),
    "unknown-field": (
        'say(s, "POST", RUNS, {"input": {"prompt": "7", "durration": "4s"}})',
        'say(s, "POST", RUNS, {"input": {"prompt": "7", "duration": "4s"}})',
        "*was sent with /input/durration, which is not a field; did you mean 'duration'?*unknown-field*",
    ),
    "polled-too-often": (
        HUB + 'hub("/openapi/v2/query", {"taskId": t})\ns.advance(1)\nhub("/openapi/v2/query", {"taskId": t})',
        HUB + 'hub("/openapi/v2/query", {"taskId": t})\ns.advance(5)\nhub("/openapi/v2/query", {"taskId": t})',
        "*was sent 1 s after the last one*polled-too-often*",
    ),
    "retried-permanent-error": (
        'for _ in "ab":\n    say(s, "GET", "/v1/runs/0197b0a0-0000-7000-8000-000000000000")',
        'for d in "ab":\n    say(s, "GET", f"/v1/runs/0197b0a0-0000-7000-8000-00000000000{d}")',
        "*was sent again after it was refused (404 unknown-job)*",
    ),
    "unsafe-retry": (
        LOST,
        LOST.replace("HEADERS = {}", "HEADERS = {'Idempotency-Key': 'one'}"),
        "*was sent again without Idempotency-Key after its response was lost, and started * beside *unsafe-retry*",
    ),
    "webhook-failed": (
        "receiver.answer = lambda headers, body: 500\nsigned_run(s, receiver)\ns.advance(60)",
        "signed_run(s, receiver)\ns.advance(60)",
        "*run.completed to http://127.0.0.1:*/hook was never accepted: the last of 3 attempts was answered 500*",
    ),
    "accepted-bad-signature": (
        "signed_run(s, receiver)\ns.advance(60)\nassert len(receiver.got) == 2",
        VERIFIED + "assert len(receiver.got) == 2",
        "*a forged webhook to http://127.0.0.1:*/hook was answered 200*",
    ),
}
MARKS = {"accepted-bad-signature": "forge=True"}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_violation_fails_a_test_that_has_passed(suite: pytest.Pytester, rule: str) -> None:
    """Which rule, the request, the fact and its source, and how to allow it on purpose."""
    bad, good, reported = BROKEN[rule]
    mark = MARKS.get(rule, "")

    allowed, lenient = (f"{mark}, {more}".lstrip(", ") for more in (f"allow={rule!r}", "strict=False"))

    result = strict(suite, (mark, bad), (mark, good), (allowed, bad), (lenient, bad))

    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(["The client broke the contract:", reported.replace("[", "[[]")])
    result.stdout.fnmatch_lines([f"If this is on purpose: *expecting_violation(\"{rule}\")*allow=[[]'{rule}'[]])"])


def test_a_retry_before_its_time_is_a_violation(suite: pytest.Pytester) -> None:
    """Where the provider sends `Retry-After`, which is a reading; afterwards, or after another error, it is none."""
    mark = 'readings={"rate-limit-headers": "always"}, scenario="rate-limited"'
    body = 'submit = lambda: say(s, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[0]\n'
    body += "assert submit() == 429\nwait = int(s.journal.requests(status=429)[0].reply_header('retry-after'))\n"

    early, late = body + "s.advance(wait - 1)\nsubmit()", body + "s.advance(wait)\nsubmit()"

    result = strict(suite, (mark, early), (mark, late))

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*was sent 1 s too early*ignored-retry-after*", "*Retry-After says when*documented*"])


def test_a_test_that_fails_by_itself_keeps_its_own_reason(suite: pytest.Pytester) -> None:
    """A violation is only reported if the test had passed."""
    result = strict(suite, ("", 'say(s, "POST", RUNS, {})\nassert not "my own reason"'))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*my own reason*"])
    result.stdout.no_fnmatch_line("*broke the contract*")


EXPECTED = """
with s.expecting_violation("invalid-request"):
    assert say(s, "POST", RUNS, {"input": {"prompt": 7}})[0] == 422
"""
NOT_BROKEN = """
with s.expecting_violation("invalid-request"):
    say(s, "POST", RUNS, {"input": {"prompt": "7"}})
"""
ALSO = EXPECTED + 'say(s, "POST", RUNS, {"input": {"prompt": 7}})'
OTHER = EXPECTED.replace('"invalid-request"', '"unknown-field"')


def test_a_test_can_say_that_a_request_is_wrong_on_purpose(suite: pytest.Pytester) -> None:
    """Around the call; the same elsewhere still counts, and so does a rule that was not named or not broken."""
    result = strict(suite, ("", EXPECTED), ("", NOT_BROKEN), ("", ALSO), ("", OTHER))

    assert result.parseoutcomes() == {"passed": 1, "failed": 3}
    result.stdout.fnmatch_lines(["*No request broke invalid-request, though it was expected.*"])


def test_undocumented_rules_can_be_selected(suite: pytest.Pytester) -> None:
    """On the command line or in the marker; a finished job may be read twice otherwise."""
    body = SUBMIT + "s.advance(60)\n" + CALL + CALL
    marks = ("", 'rules="all"', 'rules=["polled-after-end"]')

    assert strict(suite, *((mark, body) for mark in marks)).parseoutcomes() == {"passed": 1, "failed": 2}
    requested = suite.runpytest_inprocess("-q", "--mockreel-strict", "--mockreel-rules=polled-after-end")
    assert requested.parseoutcomes() == {"failed": 3}


XFAIL = """
WRONG = {"input": {"prompt": 7}}
@pytest.mark.xfail(strict=True)
def test_fails_as_expected(mockreel):
    say(mockreel, "POST", RUNS, WRONG)
    assert False
@pytest.mark.xfail(strict=True)
def test_passes_against_all_expectation(mockreel):
    say(mockreel, "POST", RUNS, WRONG)
@pytest.mark.xfail(strict=False)
def test_may_pass(mockreel):
    say(mockreel, "POST", RUNS, WRONG)
"""


def test_an_xfail_does_not_take_a_violation_for_its_failure(suite: pytest.Pytester) -> None:
    """What fails as expected does; what passes is a failure, by its strictness or by the violation."""
    suite.makepyfile(SAY + XFAIL)
    result = suite.runpytest_inprocess("-q", "--mockreel-strict")

    assert result.parseoutcomes() == {"xfailed": 1, "failed": 2}
    result.stdout.fnmatch_lines(["*XPASS(strict)*", "The client broke the contract:*"])


READS = (
    SAY
    + """
@pytest.mark.mockreel(providers="runflow", scenario="cancelled")
def test_cancelled(mockreel):
    id_ = say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]
    mockreel.advance(60)
    assert say(mockreel, "GET", f"/v1/runs/{id_}")[1]["status_code"] == "canceled"
def test_without_a_server(): pass
"""
)


def test_every_reading_is_tried_and_failing_ones_are_reported(suite: pytest.Pytester) -> None:
    """The default, each other option alone, all others together; tests without a mock server run once."""
    suite.makepyfile(READS)
    # Where a create waits for the end of the run, nobody can move a paused clock meanwhile.
    count = len([name for name, _ in sets(load_contracts(["runflow"])) if "create-reply" not in name])

    result = suite.runpytest_inprocess("-q", "--mockreel-readings", "all", "-k", "not create-reply")

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes["failed"] == count + 1
    reported = [line for line in result.stdout.lines if line.startswith("Under ")]
    assert "Under runflow:cancel-spelling=cancelled: 1 failed." in reported
    assert len(reported) == outcomes["failed"] < 8
    assert suite.runpytest_inprocess("-q").parseoutcomes() == {"passed": 2}


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    """Simulators in every process; the workers' findings are reported at the end."""
    suite.makepyfile(READS)
    result = suite.runpytest_subprocess("-q", "-n", "2", "--mockreel-readings", "all", "-k", "spelling or default")
    result.stdout.fnmatch_lines(
        ["*= mockreel =*", "Estimated cost avoided: *", "Under runflow:cancel-spelling=cancelled: 1 failed."]
    )
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1


def test_the_page_has_every_option_and_every_rule() -> None:
    """docs/reference/pytest.md lists every option of the marker and every client rule."""
    text = page("docs/reference/pytest.md").text
    names = [*(field.name for field in fields(Marked)), *IDS]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_what_may_be_retried_is_an_error_row() -> None:
    """The data names rows that exist."""
    for contract in load_contracts().values():
        retry = contract.conversation.client_rules.retry
        assert retry is not None
        assert retry[0] <= set(contract.errors)


def test_a_rule_that_there_is_not_is_reported_before_any_test_runs(suite: pytest.Pytester) -> None:
    """With the option, and the rules that are most like it."""
    suite.makepyfile("def test_it(): pass\n")
    done = suite.runpytest_subprocess("-q", "--mockreel-strict", "--mockreel-rules=polling")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*--mockreel-rules: 'polling' is not valid. Nearest of *: polled-too-often,*")
