"""The pytest plugin, as users meet it: files of tests, run by pytest."""

import json
import os
import subprocess
import sys
from dataclasses import fields

import pytest
from tools.pages import page

from understudy.manners import MANNERS, name_of
from understudy.stage import load_contracts
from understudy.testing.options import Marked
from understudy.testing.readings import sets

LITE = "/v1/models/google/veo3.1/lite/runs"
# How a test file speaks, with each client that the plugin is tested with: `say(stage, method, path, body)`.
SPEAKERS = {
    "requests": """
import requests
def say(stage, method, path, body=None):
    headers = {"Authorization": "Bearer " + stage.runflow.key}
    reply = requests.request(method, stage.runflow.url + path, json=body, headers=headers, timeout=10)
    return reply.status_code, reply.json()
""",
    "httpx": """
import httpx
def say(stage, method, path, body=None):
    headers = {"Authorization": "Bearer " + stage.runflow.key}
    reply = httpx.request(method, stage.runflow.url + path, json=body, headers=headers, trust_env=False)
    return reply.status_code, reply.json()
""",
    "httpx2": """
import httpx2
def say(stage, method, path, body=None):
    headers = {"Authorization": "Bearer " + stage.runflow.key}
    reply = httpx2.request(method, stage.runflow.url + path, json=body, headers=headers, trust_env=False)
    return reply.status_code, reply.json()
""",
    "aiohttp": """
import aiohttp, asyncio
def say(stage, method, path, body=None):
    async def speak():
        headers = {"Authorization": "Bearer " + stage.runflow.key}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.request(method, stage.runflow.url + path, json=body) as reply:
                return reply.status, await reply.json()
    return asyncio.run(speak())
""",
    "urllib3": """
import urllib3
def say(stage, method, path, body=None):
    headers = {"Authorization": "Bearer " + stage.runflow.key}
    with urllib3.PoolManager(headers=headers) as pool:
        reply = pool.request(method, stage.runflow.url + path, json=body, retries=False)
        return reply.status, reply.json()
""",
}
SAY = (
    SPEAKERS["httpx2"]
    + f"""
import pytest

from understudy.manners import MANNERS, name_of
from understudy.stage import load_contracts
from understudy.testing.options import Marked
from understudy.testing.readings import sets
RUNS = "{LITE}"
"""
)
# Our own settings are strict; those of users may be as well.
INI = "[pytest]\nfilterwarnings = error\n"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder for a user's tests."""
    pytester.makefile(".ini", pytest=INI)
    return pytester


@pytest.mark.parametrize("client", SPEAKERS)
def test_a_stage_is_played_with_any_client(suite: pytest.Pytester, client: str) -> None:
    """Submit, poll, travel in time, poll; and the journal tells what the client sent."""
    suite.makepyfile(
        SPEAKERS[client]
        + f"""
def test_a_run(understudy):
    status, run = say(understudy, "POST", "{LITE}", {{"input": {{"prompt": "A paper boat."}}}})
    assert (status, run["status_code"]) == (201, "queued")
    understudy.advance(60)
    status, run = say(understudy, "GET", "/v1/runs/" + run["id"])
    assert run["status_code"] == "succeeded"
    submit, poll = understudy.journal.requests(provider="runflow", account="test")
    assert submit.json == {{"input": {{"prompt": "A paper boat."}}}}
    assert submit.operation == "create_run" and poll.job == run["id"]
    assert understudy.clock.now() == 1767225660.0
"""
    )
    result = suite.runpytest_inprocess("-q", "--understudy-strict")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*understudy*", "Not spent: *"])


def test_each_test_has_a_stage_of_its_own(suite: pytest.Pytester) -> None:
    """Neither jobs nor the journal of one test are seen by the next, and ids are the same in both."""
    suite.makepyfile(
        SAY
        + """
seen = []
@pytest.mark.parametrize("turn", [1, 2])
def test_alone(understudy, turn):
    assert len(understudy.journal) == 0
    seen.append(say(understudy, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"])
    assert len(set(seen)) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)


def test_the_marker_chooses_scenario_seed_readings_and_clock(suite: pytest.Pytester) -> None:
    """The closest marker counts, option by option."""
    suite.makepyfile(
        SAY
        + """
import time
pytestmark = pytest.mark.understudy(providers="runflow", scenario="fail", seed=7)
def make(stage):
    return say(stage, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]
def test_fails(understudy):
    id_ = make(understudy)
    understudy.advance(60)
    assert say(understudy, "GET", "/v1/runs/" + id_)[1]["status_code"] == "failed"
    assert list(understudy.inner.parts) == ["runflow"]
    assert understudy.inner.settings.seed == 7
@pytest.mark.understudy(scenario="cancelled", readings={"cancel-spelling": "cancelled"})
def test_is_cancelled(understudy):
    id_ = make(understudy)
    understudy.advance(60)
    assert say(understudy, "GET", "/v1/runs/" + id_)[1]["status_code"] == "cancelled"
    assert understudy.inner.settings.seed == 7
@pytest.mark.understudy(scenario="succeed", held=False, speed=1000)
def test_runs(understudy):
    id_ = make(understudy)
    assert abs(understudy.clock.now() - time.time()) < 3600
    until = time.monotonic() + 20
    while say(understudy, "GET", "/v1/runs/" + id_)[1]["status_code"] != "succeeded":
        assert time.monotonic() < until
@pytest.mark.understudy(scenario="refuse", code="INSUFFICIENT_CREDIT")
def test_refused(understudy):
    assert say(understudy, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[0] == 402
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("scenari='fail'", "option of the understudy marker: 'scenari' is not valid. Valid: providers, scenario,*"),
        ("scenario='fial'", "scenario for *: 'fial' is not valid. Valid: succeed, fail,*"),
        ("seed='7'", "understudy marker, seed: '7' is not valid. Valid: int."),
        ("held=1", "understudy marker, held: 1 is not valid. Valid: bool."),
        ("providers='runflo'", "provider: 'runflo' is not valid. Valid: *runflow*"),
        ("readings={'spelling': 'x'}", "reading: 'spelling' is not valid. Valid: *"),
        ("code='X'", "understudy marker, code: 'X' is not valid. It needs a scenario beside it."),
        ("speed=0", "speed: 0 is not valid. Valid: a number above 0.*"),
        ("pace='slow'", "pace for *: 'slow' is not valid. Valid: quick, documented."),
        ("keys=[{'key': 's3cret'}]", "understudy marker, keys: ['key'] is not valid. Valid: key, account,*"),
        ("'fail'", "understudy marker: ('fail',) is not valid. Valid: providers,*"),
        ("strict=True, allow='polling'", "manner to allow: 'polling' is not valid. Valid: sent-what-is-forbidden,*"),
    ],
)
def test_a_slip_in_the_marker_is_told_with_what_is_valid(suite: pytest.Pytester, mark: str, told: str) -> None:
    """One plain line, without a traceback."""
    suite.makepyfile(f"import pytest\n@pytest.mark.understudy({mark})\ndef test_it(understudy): pass\n")
    result = suite.runpytest_inprocess("-q")
    assert result.ret == 1
    result.stdout.fnmatch_lines([told.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*s3cret*")


def test_only_listed_keys_are_admitted(suite: pytest.Pytester) -> None:
    """The stage's own, and those of the marker with account and balance."""
    suite.makepyfile(
        SAY
        + """
import dataclasses
KEYS = [{"key": "rf_live_second", "account": "second", "provider": "runflow", "scopes": frozenset({"runs:read"})}]
def who(stage, key):
    headers = {"Authorization": "Bearer " + key}
    return httpx2.get(stage.runflow.url + "/v1/runs", headers=headers, trust_env=False).status_code
@pytest.mark.understudy(keys=KEYS)
def test_keys(understudy):
    assert who(understudy, "rf_live_somebody") == 401
    assert who(understudy, "rf_live_second") == 200
    assert who(understudy, understudy.runflow.key) == 200
    assert len(understudy.journal.requests(account="second")) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_where_no_test_wants_a_stage_nothing_of_the_kit_is_imported(suite: pytest.Pytester) -> None:
    """The plugin is loaded in every run of pytest where the package is installed."""
    suite.makepyfile("import sys\ndef test_it():\n    print('LOADED', sorted(sys.modules))\n")
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"],
        cwd=suite.path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "understudy.pytest_plugin"},
    ).stdout  # fmt: skip
    (line,) = (line for line in told.splitlines() if "LOADED" in line)
    loaded = json.loads(line.partition("LOADED ")[2].replace("'", '"'))
    assert [name for name in loaded if name.partition(".")[0] == "understudy"] == [
        "understudy",
        "understudy.pytest_plugin",
    ]
    heavy = {"starlette", "uvicorn", "orjson", "httpx2", "jsonschema_rs", "yaml", "schemathesis", "hypothesis.core"}
    assert heavy & set(loaded) == set()
    assert "Not spent" not in told


# A user's receiver of callbacks, on loopback: `receiver.got` is what came, `receiver.answer(headers, body)` the status.
RECEIVER = """
import hashlib, hmac, http.server, threading
@pytest.fixture
def receiver():
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.got.append(body)
            self.send_response(server.answer(self.headers, body))
            self.end_headers()
        def log_message(self, *_): pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        server.got, server.answer = [], lambda headers, body: 200
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
def signed_run(stage, receiver):
    secret = say(stage, "POST", "/v1/callback-secrets", {"label": "mine"})[1]["plain_secret"]
    say(stage, "POST", RUNS, {"input": {"prompt": "A paper boat."}, "callback_url": receiver.url})
    return secret
"""


def test_callbacks_reach_a_receiver_on_loopback(suite: pytest.Pytester) -> None:
    """They have been answered when `advance` returns; from a coroutine too, whose own loop may answer them."""
    suite.makepyfile(
        SAY
        + RECEIVER
        + """
import asyncio, json
def test_told(understudy, receiver):
    receiver.answer = lambda headers, body: 500 if len(receiver.got) == 1 else 204
    signed_run(understudy, receiver)
    understudy.advance(60)
    assert [json.loads(body)["status"] for body in receiver.got] == ["succeeded", "succeeded"]
    assert [one.status for one in understudy.journal.attempts(provider="runflow")] == [500, 204]
def test_told_in_a_coroutine(understudy):
    got = []
    async def take(reader, writer):
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        got.append(head)
        writer.write(b"HTTP/1.1 204 No Content\\r\\nconnection: close\\r\\n\\r\\n")
        await writer.drain()
        writer.close()
    async def main():
        server = await asyncio.start_server(take, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        say(understudy, "POST", RUNS, {"input": {"prompt": "A paper boat."}, "callback_url": url})
        await understudy.advance_async(60)
        server.close()
        await server.wait_closed()
    asyncio.run(main())
    assert len(got) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)


def strict(suite: pytest.Pytester, *tests: tuple[str, str]) -> pytest.RunResult:
    """Run tests, each of a marker's options and the code of its body, under `--understudy-strict`."""
    written = SAY + RECEIVER
    for number, (mark, code) in enumerate(tests):
        lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
        written += (
            f"\n@pytest.mark.understudy({mark})\ndef test_{number}(understudy, receiver):\n    s = understudy\n{lines}"
        )
    suite.makepyfile(written)
    return suite.runpytest_inprocess("-q", "--understudy-strict")


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
    result.stdout.fnmatch_lines([f"If this is on purpose: @pytest.mark.understudy(allow=[[]'{manner}'[]])"])


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
@pytest.mark.understudy(providers="runflow", scenario="cancelled")
def test_cancelled(understudy):
    id_ = say(understudy, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]
    understudy.advance(60)
    assert say(understudy, "GET", f"/v1/runs/{id_}")[1]["status_code"] == "canceled"
def test_without_a_stage(): pass
"""
)


def test_every_reading_is_tried_and_the_ones_that_break_are_told(suite: pytest.Pytester) -> None:
    """The default, each other option alone, all others together; tests without a stage run once."""
    suite.makepyfile(READS)
    # Where a create waits for the end of the run, nobody can move a held clock meanwhile.
    count = len([name for name, _ in sets(load_contracts(["runflow"])) if "create-reply" not in name])

    result = suite.runpytest_inprocess("-q", "--understudy-readings", "all", "-k", "not create-reply")

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes["failed"] == count + 1
    told = [line for line in result.stdout.lines if line.startswith("Under ")]
    assert "Under runflow:cancel-spelling=cancelled: 1 failed." in told
    assert len(told) == outcomes["failed"] < 8
    assert suite.runpytest_inprocess("-q").parseoutcomes() == {"passed": 2}


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    """Stages in every process; what the workers found is told at the end."""
    suite.makepyfile(READS)
    result = suite.runpytest_subprocess("-q", "-n", "2", "--understudy-readings", "all", "-k", "spelling or default")
    result.stdout.fnmatch_lines(
        ["*= understudy =*", "Not spent: *", "Under runflow:cancel-spelling=cancelled: 1 failed."]
    )
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1


def test_the_page_has_every_option_and_every_manner() -> None:
    """docs/pytest.md tells all that the marker takes, and all that a strict stage looks for."""
    text = page("docs/pytest.md").text
    names = [*(field.name for field in fields(Marked)), *(name_of(manner) for manner in MANNERS)]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_manner_that_may_be_retried_is_an_error_row() -> None:
    """The data names rows that exist."""
    for contract in load_contracts().values():
        retry = contract.conversation.manners.retry
        assert retry is not None
        assert retry[0] <= set(contract.errors)
