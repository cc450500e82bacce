"""Every provider through the proxy: its own jobs break nothing, and one that goes backwards is noticed."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from proxy.conftest import Between, FakeUpstream, PutBetween, Trusted, provided
from support.caller import START

from mockreel.contract import load_contract, pointers, providers
from mockreel.contract.conversation.demo_jobs import Act, Exchange, filled, read_script
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.simulator import Simulator


@pytest.fixture(params=providers())
def provider(simulator: Simulator, trusted: Trusted, request: pytest.FixtureRequest) -> Iterator[FakeUpstream]:
    """Each of them, behind TLS."""
    with provided(simulator.provider(request.param), trusted.context) as one:
        yield one


@pytest.fixture
def between(put_between: PutBetween, provider: FakeUpstream) -> Between:
    """A proxy in front of it."""
    return put_between(name=provider.provider.name, allow=("polled-too-often",))


def _acts(provider: FakeUpstream) -> list[Act]:
    """The jobs of its demo that can be polled."""
    return [act for act in read_script(provider.provider.name).acts if act.poll is not None]


def _key(provider: FakeUpstream) -> str:
    """A key in a valid form."""
    rows = provider.provider.contract.root["keys"].get("prefixes") or [{"prefix": ""}]
    return f"{rows[0]['prefix']}hush-hush"


def _send(between: Between, provider: FakeUpstream, exchange: Exchange, **words: str) -> Any:
    body = filled(_without_callback(exchange.body), words)
    return between.send(exchange.method, filled(exchange.path, words), body, key=_key(provider)).json()


def _without_callback(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _without_callback(value) for name, value in body.items() if value != "$callback"}
    return body


def _begun(between: Between, provider: FakeUpstream, act: Act) -> str:
    return str(pointers.value(_send(between, provider, act.submit), act.id or ""))


def test_the_jobs_of_the_docs_break_nothing(between: Between, provider: FakeUpstream) -> None:
    """Each documented page's example, from its submit to its end."""
    for act in _acts(provider):
        assert act.poll is not None
        job = _begun(between, provider, act)
        for seconds in (0, 1, 3, 60):
            provider.provider.clock.advance_to(max(provider.provider.clock.now(), START + seconds))
            _send(between, provider, act.poll, id=job)

    assert between.violations == []


def test_a_job_that_goes_backwards_is_noticed(between: Between, provider: FakeUpstream) -> None:
    """Whether the job's id is in the path, the query or the body."""
    act = _acts(provider)[0]
    assert act.poll is not None
    job = _begun(between, provider, act)
    talk = next(iter(provider.provider.contract.conversation.jobs.values()))
    first: list[bytes] = []

    def again(_: Request, response: Response) -> Response:
        first.append(response.body)
        return Response(response.status, first[0], response.headers)

    provider.tamper = again
    _send(between, provider, act.poll, id=job)
    word = pointers.value(orjson.loads(first[0]), talk.state)
    provider.tamper = None
    provider.provider.clock.advance_to(START + 100)
    _send(between, provider, act.poll, id=job)
    provider.tamper = again
    _send(between, provider, act.poll, id=job)

    (line,) = between.violations
    assert line.startswith(f"{provider.provider.name} job ")
    assert f"came {word} - " in line


def test_what_they_cost_is_counted_in_their_own_currency(between: Between, provider: FakeUpstream) -> None:
    """Every submit is in the sum, or among the unknown."""
    acts = _acts(provider)
    for act in acts:
        _begun(between, provider, act)
    spending_limit, currency = between.spending_limit, load_contract(provider.provider.name).pricing["currency"]

    assert set(spending_limit.sums) <= {currency}
    assert spending_limit.unknown < len(acts) or not spending_limit.sums
    assert sum(between.proxy.report.requests.values()) == len(acts)
