"""The pytest plugin's strictness: breaches of the contract, every reading, and what its page says."""

from dataclasses import fields

import pytest
from testing.suites import RECEIVER, SAY
from tools.pages import page

from mockreel.simulator.client_rules import MANNERS, name_of
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
ASK = 'say(s, "GET", "/v1/runs/" + r)\n'
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
HANGING = """
import dataclasses
gone = threading.Event()
receiver.answer = lambda headers, body: gone.wait(30) and 200
policies = s.inner.part("runflow").contract.callbacks.policies
policies["callback"] = dataclasses.replace(policies["callback"], timeout=0.2, attempts=1)
signed_run(s, receiver)
s.advance(60)
gone.set()
"""
# What breaks a manner, the same without the one thing that breaks it, and which manner it is.
BREACHES = {
    "sent-what-is-forbidden": (
        'say(s, "POST", RUNS, {"input": {"prompt": 7}})',
        'say(s, "POST", RUNS, {"input": {"prompt": "7"}})',
        "*POST /v1/models/google/veo3.1/lite/runs was sent with /input/prompt: 7 *sent-what-is-forbidden*",
    ),
    "polled-after-the-end": (
        SUBMIT + "s.advance(60)\n" + ASK + "s.advance(9)\n" + ASK,
        SUBMIT + ASK + "s.advance(60)\n" + ASK,
        "*asked again about *, which was succeeded *",
    ),
    "polled-too-often": (
        HUB + 'hub("/openapi/v2/query", {"taskId": t})\ns.advance(1)\nhub("/openapi/v2/query", {"taskId": t})',
        HUB + 'hub("/openapi/v2/query", {"taskId": t})\ns.advance(5)\nhub("/openapi/v2/query", {"taskId": t})',
        "*came 1 s after the last one*polled-too-often*",
    ),
    "retried-a-refusal": (
        'for _ in "ab":\n    say(s, "GET", "/v1/runs/0197b0a0-0000-7000-8000-000000000000")',
        'for d in "ab":\n    say(s, "GET", f"/v1/runs/0197b0a0-0000-7000-8000-00000000000{d}")',
        "*was sent again after it was refused (404 unknown-job)*",
    ),
    "answered-too-late": (
        HANGING,
        "signed_run(s, receiver)\ns.advance(60)",
        "*attempt 1 of run.completed to http://127.0.0.1:*/hook had no answer*",
    ),
    "took-a-forgery": (
        "signed_run(s, receiver)\ns.advance(60)\nassert len(receiver.got) == 2",
        VERIFIED + "assert len(receiver.got) == 2",
        "*a forged callback to http://127.0.0.1:*/hook was answered 200*",
    ),
}
MARKS = {"took-a-forgery": "forge=True"}


@pytest.mark.parametrize("manner", BREACHES)
def test_a_breach_of_the_contract_fails_a_test_that_has_passed(suite: pytest.Pytester, manner: str) -> None:
    """Which manner, the request, the fact and its source, and the way out where it is on purpose."""
    bad, good, told = BREACHES[manner]
    mark = MARKS.get(manner, "")

    allowed, lenient = (f"{mark}, {more}".lstrip(", ") for more in (f"allow={manner!r}", "strict=False"))

    result = strict(suite, (mark, bad), (mark, good), (allowed, bad), (lenient, bad))

    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(["The client broke the contract:", told.replace("[", "[[]")])
    result.stdout.fnmatch_lines([f"If this is on purpose: @pytest.mark.mockreel(allow=[[]'{manner}'[]])"])


def test_a_retry_before_its_time_is_a_breach(suite: pytest.Pytester) -> None:
    """Where the provider sends `Retry-After`, which is a reading; afterwards, or after another refusal, it is none."""
    mark = 'readings={"rate-limit-headers": "always"}, scenario="rate-limited"'
    body = 'submit = lambda: say(s, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[0]\n'
    body += "assert submit() == 429\nwait = int(s.journal.requests(status=429)[0].reply_header('retry-after'))\n"

    early, late = body + "s.advance(wait - 1)\nsubmit()", body + "s.advance(wait)\nsubmit()"

    result = strict(suite, (mark, early), (mark, late))

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*came 1 s before its time*came-before-its-time*", "*Retry-After says when*documented*"]
    )


def test_a_test_that_fails_by_itself_keeps_its_own_reason(suite: pytest.Pytester) -> None:
    """A breach is only told where the test had passed."""
    result = strict(suite, ("", 'say(s, "POST", RUNS, {})\nassert not "my own reason"'))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*my own reason*"])
    result.stdout.no_fnmatch_line("*broke the contract*")


def test_every_manner_is_broken_here() -> None:
    """A new manner gets its test."""
    assert {name_of(manner) for manner in MANNERS} == {*BREACHES, "came-before-its-time"}


READS = (
    SAY
    + """
@pytest.mark.mockreel(providers="runflow", scenario="cancelled")
def test_cancelled(mockreel):
    id_ = say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]
    mockreel.advance(60)
    assert say(mockreel, "GET", f"/v1/runs/{id_}")[1]["status_code"] == "canceled"
def test_without_a_stage(): pass
"""
)


def test_every_reading_is_tried_and_the_ones_that_break_are_told(suite: pytest.Pytester) -> None:
    """The default, each other option alone, all others together; tests without a stage run once."""
    suite.makepyfile(READS)
    # Where a create waits for the end of the run, nobody can move a held clock meanwhile.
    count = len([name for name, _ in sets(load_contracts(["runflow"])) if "create-reply" not in name])

    result = suite.runpytest_inprocess("-q", "--mockreel-readings", "all", "-k", "not create-reply")

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes["failed"] == count + 1
    told = [line for line in result.stdout.lines if line.startswith("Under ")]
    assert "Under runflow:cancel-spelling=cancelled: 1 failed." in told
    assert len(told) == outcomes["failed"] < 8
    assert suite.runpytest_inprocess("-q").parseoutcomes() == {"passed": 2}


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    """Stages in every process; what the workers found is told at the end."""
    suite.makepyfile(READS)
    result = suite.runpytest_subprocess("-q", "-n", "2", "--mockreel-readings", "all", "-k", "spelling or default")
    result.stdout.fnmatch_lines(
        ["*= mockreel =*", "Estimated cost avoided: *", "Under runflow:cancel-spelling=cancelled: 1 failed."]
    )
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1


def test_the_page_has_every_option_and_every_manner() -> None:
    """docs/reference/pytest.md tells all that the marker takes, and all that a strict stage looks for."""
    text = page("docs/reference/pytest.md").text
    names = [*(field.name for field in fields(Marked)), *(name_of(manner) for manner in MANNERS)]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_manner_that_may_be_retried_is_an_error_row() -> None:
    """The data names rows that exist."""
    for contract in load_contracts().values():
        retry = contract.conversation.manners.retry
        assert retry is not None
        assert retry[0] <= set(contract.errors)
