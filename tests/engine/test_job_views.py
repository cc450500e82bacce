"""A poll of a job under way is answered from the last response, which equals a new one."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from bench.cases import first_act, polled, without_callback
from support.caller import START

from mockreel.contract import pointers
from mockreel.contract.conversation.demo_jobs import Exchange
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job_views import MOST, JobViews
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts

PROVIDERS = ("runflow", "aimlapi", "runninghub")
TRACED = (b"x-client-request-id", b"one")


def asked(simulator: Simulator, exchange: Exchange, *headers: tuple[bytes, bytes], base: str = "http://a") -> Response:
    path, _, query = exchange.path.partition("?")
    body = b"" if exchange.body is None else orjson.dumps(exchange.body)
    pairs = [(b"authorization", b"Bearer k"), (b"content-type", b"application/json"), *headers]
    (provider,) = simulator.providers.values()
    found = provider.answer(Request(exchange.method, path, pairs, query.encode(), body, base))
    assert isinstance(found, Response)
    return found


def story(name: str) -> list[tuple[int, bytes, Any]]:
    """What polls say at many moments, under two addresses, with a header and without, before and after a change."""
    simulator = build_simulator(load_contracts([name]), clock=Clock(held=True, start=START), accept_any_key=True)
    act = first_act(name)
    assert act is not None
    assert act.poll is not None
    submit = Exchange(act.submit.method, act.submit.path, without_callback(act.submit.body))
    ids = [str(pointers.value(orjson.loads(asked(simulator, submit).body), act.id or "")) for _ in range(2)]
    output = []
    for second in range(40):
        if second == 2 and name == "runflow":
            feedback = Exchange("PATCH", f"/v1/runs/{ids[0]}/feedback", {"is_positive": True})
            output.append(asked(simulator, feedback))
        for id_ in ids:
            poll = polled(act.poll, id_)
            output += [asked(simulator, poll), asked(simulator, poll), asked(simulator, poll, TRACED)]
            output.append(asked(simulator, poll, base="http://b"))
        simulator.clock.advance_to(START + second / 2)
    return [(one.status, one.body, one.headers) for one in output]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_poll_says_what_it_would_say_anew(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each moment, byte for byte."""
    known = story(name)

    def anew(self: JobViews, context: Any, job: Any, make: Callable[..., Response], **_: Any) -> Response:
        return make(context, job)

    monkeypatch.setattr(JobViews, "response", anew)
    assert known == story(name)
    assert len({body for _, body, _ in known}) > 2


def test_the_views_are_bounded() -> None:
    """Of more jobs than are cached the first is rendered again."""
    simulator = build_simulator(load_contracts(["aimlapi"]), clock=Clock(held=True, start=START), accept_any_key=True)
    act = first_act("aimlapi")
    assert act is not None
    assert act.poll is not None
    (provider,) = simulator.providers.values()
    found: list[Response] = []
    for _ in range(MOST + 1):
        id_ = pointers.value(orjson.loads(asked(simulator, act.submit).body), act.id or "")
        found.append(asked(simulator, polled(act.poll, str(id_))))
    jobs = list(provider.jobs)

    assert asked(simulator, polled(act.poll, jobs[-1].id)) is found[-1]
    assert asked(simulator, polled(act.poll, jobs[0].id)) is not found[0]
