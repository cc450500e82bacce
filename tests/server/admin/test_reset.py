"""A reset: everything is as at the start."""

import gc
import weakref
from typing import Any

import httpx2
import pytest
from server.admin.control_rig import GOOD, KEY, Admin, OpenAdmin
from support.caller import FOURTH, START

from mockreel.client.admin import ControlClient
from mockreel.engine.clock import Clock
from mockreel.errors import MockServerClosed, OptionError
from mockreel.server import serving
from mockreel.webhooks import MemorySender, Outgoing

PROVIDERS = ("runflow", "aimlapi", "runninghub")


def play(admin: Admin) -> list[bytes]:
    """Something with every provider: jobs of two accounts, polls at several moments, an error; every byte of it."""
    output = []
    for provider in PROVIDERS:
        for key in ("rf_live_a_key_of_mine", "another_key_of_mine"):
            id_ = admin.perform(provider, key=key)
            for _ in range(3):
                output.append(admin.poll(provider, id_, key=key))
                admin.advance(1.5)
            output.append(admin.poll(provider, "nobody", key=key))
    admin.advance(100)
    return output


def test_the_same_calls_give_the_same_bytes_after_a_reset(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """Under a paused clock: responses, callbacks, ids, moments."""
    admin = open_admin(*PROVIDERS)
    first, reported = play(admin), list(sink.sent)
    sink.sent.clear()

    admin.post("reset")

    assert play(admin) == first
    assert sink.sent == reported


def test_nothing_is_left(admin: Admin, sink: MemorySender) -> None:
    """No job, account, delivery, rule, exchange or due moment; numbers begin at 1."""
    admin.submit(tell="http://127.0.0.1:9/hook")
    admin.post("rules", {"scenario": "fail"})
    admin.post("clock/speed", {"speed": 5})
    admin.advance(1)

    about = admin.post("reset")

    assert about["clock"] == {"now": START, "held": True, "speed": 1.0, "due": 0, "next_due": None}
    for path, name in (("jobs", "jobs"), ("deliveries", "deliveries"), ("balances", "balances"), ("rules", "rules")):
        assert admin.get(path)[name] == []
    assert admin.get("journal") == {"count": 0, "entries": [], "next": None}
    assert admin.post("rules", {"scenario": "fail"})["id"] == 1
    admin.advance(100)
    assert sink.sent == []


def test_a_clock_that_ran_runs_again_from_the_real_time(open_admin: OpenAdmin) -> None:
    """One that was held, or had a start, is where it began."""
    admin = open_admin(clock=Clock(speed=60))
    admin.post("clock/hold")
    admin.advance(1_000_000)

    clock = admin.post("reset")["clock"]

    assert (clock["held"], clock["speed"]) == (False, 60.0)
    assert admin.simulator.clock.now() < START + 400 * 86400


def test_an_attempt_that_is_under_way_ends_unseen(open_admin: OpenAdmin, sink: MemorySender) -> None:
    """It is neither stored nor retried."""
    admin = open_admin()

    def reset_meanwhile(_: Outgoing) -> int:
        admin.simulator.reset()
        return 500

    sink.receiver = reset_meanwhile
    admin.submit(tell="http://127.0.0.1:9/hook")

    admin.advance(100)
    admin.advance(100)

    assert len(sink.sent) == 1
    assert admin.get("deliveries")["deliveries"] == []
    assert admin.get("journal/attempts")["attempts"] == []


def test_a_form_of_another_page_resets_nothing(admin: Admin) -> None:
    """As everything that changes."""
    admin.submit()

    answer = admin.client.post("/_mockreel/reset", data={"x": "y"})

    assert answer.status_code == 400
    assert len(admin.get("jobs")["jobs"]) == 1


@pytest.mark.parametrize("path", ["jobs/encore/x", "journal/1", "deliveries/encore/x"])
def test_what_was_there_is_there_no_more(path: str, admin: Admin) -> None:
    """It is not found."""
    body: Any = GOOD
    admin.ask("POST", "/v1/jobs", body)
    admin.post("reset")

    admin.get(path, 404)


def test_rules_of_the_start_are_there_again() -> None:
    """Those of `--fault`, with nothing met yet; later ones are gone."""
    with serving("encore", data=FOURTH, held=True, faults=["delay; seconds=0; nth=1"]) as server:
        with ControlClient(server.control.url) as control:
            (first,) = control.rules()
            control.add_rule(scenario="fail")
            httpx2.post(f"{server.encore.url}/v1/jobs", json=GOOD, headers=KEY, trust_env=False)
            assert control.rules()[0].seen == 1

        server.reset()

        with ControlClient(server.control.url) as control:
            assert control.rules() == (first,)
            assert control.add_rule(scenario="fail").id == 2


def test_code_beside_a_server_asks_and_resets_it() -> None:
    """As its control API does, without a request."""
    with serving("encore", data=FOURTH, held=True) as server:
        httpx2.post(f"{server.encore.url}/v1/jobs", json=GOOD, headers=KEY, trust_env=False)

        assert server.requested(operation="create_job", times=1, body={"input": {"prompt": "a red door"}})
        assert server.requested_in_order({"method": "POST"})
        verdict = server.requested(operation="get_job")
        assert not verdict
        assert "Nearest first:\n  #1 POST /v1/jobs" in verdict.message
        assert repr(verdict).startswith("<does not hold: Expected at least 1 request")
        with pytest.raises(OptionError, match="create_job"):
            server.requested(operation="creat_job")

        server.reset()

        assert server.journal.count == 0
    with pytest.raises(MockServerClosed, match="reset"):
        server.reset()


class Circle:
    """What only the garbage collector frees."""

    def __init__(self) -> None:
        self.own = self


@pytest.mark.parametrize("spared", [True, False])
def test_a_reset_collects_where_the_collector_was_spared(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, *, spared: bool
) -> None:
    """In `serve`, whose collector hardly ever looks at what is old; in another process that is not ours to do."""
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 1 if spared else 0)
    gc.disable()
    try:
        held = weakref.ref(Circle())
        admin.post("reset")
        assert (held() is None) == spared
    finally:
        gc.enable()
