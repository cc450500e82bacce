"""Lists of an account with a past: they are read until the jobs of the run were seen, as far as the plan goes."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, unquote

import orjson
import pytest
from conformance.saboteurs.saboteur import Stranger, age_job, honest_contract, operation_id
from conformance.test_honest_variants import FAULTS

from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.list_reader import list_pages
from mockreel.conformance.run_plan import announce
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

OLDER, DAYS = 5_000, 40 * 86_400.0
LISTS: tuple[Check, ...] = tuple(check for check in EVERY if check.id.partition(".")[0] in ("list", "account"))


def with_a_long_past(*, later: bool = False) -> Callable[[], Answering]:
    """The account has had thousands of jobs; `later`: somebody begins them while the run begins its own."""

    def make() -> Answering:
        left = [OLDER]

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            key = [pair for pair in request.headers if b"mockreel-check" in pair[1]]
            submit = operation_id(provider, request) in _submits(provider)
            response = provider.answer(request)
            if key and left and (submit or not later):
                _begin(provider, request, key, left.pop())
                if not later:
                    for job in list(provider.jobs):
                        age_job(provider, job, DAYS)
            return response

        return answer

    return make


def _submits(provider: Provider) -> set[str]:
    return {name for talk in provider.contract.conversation.jobs.values() for name in talk.submits}


def _begin(provider: Provider, request: Request, key: list[tuple[bytes, bytes]], count: int) -> None:
    requests, talk = Requests(provider.contract), next(iter(provider.contract.conversation.jobs.values()))
    good = requests.good(provider.contract.operation(talk.submits[0]))
    headers = [*key, (b"content-type", b"application/json")]
    for _ in range(count):
        response = provider.answer(Request("POST", unquote(good.path), headers, b"", good.body, request.base_url))
        assert isinstance(response, Response)
        assert response.status < 300


def judged(provider: str, answering: Callable[[], Answering], checks: tuple[Check, ...] = LISTS) -> list[Outcome]:
    """The outcomes of a run on somebody else's server."""
    contract = honest_contract(provider)
    target = Stranger(contract, answering=answering())
    try:
        return list(run(CheckContext(contract, target, CheckOptions(quick=True, budget=100_000)), checks))
    finally:
        target.close()


@pytest.mark.parametrize("later", [False, True], ids=["before", "meanwhile"])
@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_an_account_with_thousands_of_entries_is_checked_like_any_other(provider: str, later: bool) -> None:
    """No check of its lists falls short, and none is left out, wherever the jobs of the run stand in them."""
    outcomes = judged(provider, with_a_long_past(later=later))

    assert [(one.check, one.findings[:1] or one.error) for one in outcomes if one.verdict in FAULTS] == []
    assert [(one.check, one.reasons) for one in outcomes if one.verdict == "not checked"] == []


def paging(count: int, shown: list[str]) -> Callable[[], Answering]:
    """A list of runs with so many pages, on which is nothing of this account."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) != "list_runs":
            return provider.answer(request)
        page = int(parse_qs(request.query.decode()).get("pq", ["1"])[0])
        shown.append(str(page))
        return page_of(str(page + 1) if page < count else None)

    return lambda: answer


def page_of(cursor: str | None) -> Response:
    body = orjson.dumps({"items": [], "next": cursor, "previous": None})
    return Response(200, body, ((b"content-type", b"application/json"),))


def test_a_job_that_is_on_no_page_is_missing() -> None:
    """A list is read to its end before a job of the run is called missing from it."""
    pages: list[str] = []
    checks = tuple(check for check in EVERY if check.id == "list.complete")
    (complete, *_) = judged("runflow", paging(45, pages), checks)

    assert (complete.check, complete.verdict) == ("list.complete", "falls short")
    assert len(pages) == 45


def test_a_list_without_an_end_is_left_when_the_plan_is_used_up() -> None:
    """At most as many pages are read as the run sends other requests; what then was not seen is not checked."""
    pages: list[str] = []
    checks = tuple(check for check in EVERY if check.id == "list.complete")
    (complete, *_) = judged("runflow", paging(10**9, pages), checks)

    assert complete.verdict == "not checked"
    assert f"the {len(pages)} pages that the plan has room for" in complete.reasons[0]


def test_the_plan_says_how_many_pages_there_may_be() -> None:
    """The announced plan has the pages in it, and they are no more than the other requests."""
    contract = honest_contract("aimlapi")
    target = Stranger(contract)
    announced = announce(CheckContext(contract, target, CheckOptions(quick=True)), EVERY)
    target.close()

    assert 0 < announced.pages <= announced.requests
    assert f"up to {announced.pages:,} pages of lists" in announced.sentence()


def test_no_cursor_is_followed_twice() -> None:
    """A server that leads back to a page that was read has no further ones."""

    def circle(provider: Provider, request: Request) -> Response:
        return page_of("b" if b"pq=a" in request.query else "a")

    contract = honest_contract("runflow")
    target = Stranger(contract, answering=circle)
    context = CheckContext(contract, target, CheckOptions(quick=True, budget=100_000))
    context.budget.requests_planned = 1_000
    pages = list_pages(context, contract.operation("list_runs"), contract.conversation.lists["list_runs"])
    missing = pages.missing(context, ["nowhere"])
    target.close()

    assert (missing, pages.whole, len(pages.responses)) == ({"nowhere"}, True, 3)
