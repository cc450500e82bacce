"""Runflow's lists: the filter language, the order, the projection, and pages that neither lose nor repeat."""

from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers.runflow.requests import Ask, Run, code, create, undocumented
from support.caller import Caller

from mockreel.contract import Contract
from mockreel.engine.clock import Clock
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender


@pytest.fixture
def caller(simulator: Simulator, ask: Ask, run: Run) -> Caller:
    """Six runs a second apart, of which the second and the fifth failed; three more that are under way."""
    caller = ask("runflow")
    for number in range(9):
        create(caller, client_ref=f"ref {number % 3}", scenario=("succeed", "fail", "succeed")[number % 3])
        run(simulator.advance(1 if number < 5 else 20 if number == 5 else 0.1))
    return caller


def page(caller: Caller, **query: Any) -> Any:
    text = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    reply = caller("GET", f"/v1/runs?{text}")
    assert reply.status == 200, reply.json
    return reply.json


def refs(listed: Any) -> list[str]:
    return [item["client_ref"] for item in listed["items"]]


def test_the_newest_come_first(caller: Caller, simulator: Simulator) -> None:
    """Fifty at a time by default."""
    listed = page(caller)
    moments = [item["created_at"] for item in listed["items"]]

    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 9
    assert (listed["next"], listed["previous"]) == (None, None)
    assert undocumented(simulator.provider("runflow").contract, "list_runs", listed) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("client_ref.eq:'ref 1'", 3),
        ("client_ref.EQ:'ref 1'", 3),
        ('client_ref:"ref 1"', 3),
        ("client_ref.ne:'ref 1'", 6),
        ("client_ref:'Ref 1'", 0),
        ("status_code:failed", 2),
        ("status_code = failed", 2),
        ("NOT status_code:failed", 7),
        ("status_code:failed AND client_ref:'ref 0'", 0),
        ("status_code:failed OR client_ref:'ref 0'", 5),
        ("status_code:failed AND (client_ref:'ref 0' OR client_ref:'ref 1')", 2),
        ("created_at>2026-01-01", 8),
        ("created_at>=2026-01-01", 9),
        ("created_at>2026-01-01T00:00:04Z", 4),
        ("created_at<2026-01-01T01:00:02+01:00", 2),
        ("duration_ms>0", 6),
        ("completed_at:null", 3),
        ("has_logs:true", 9),
        ("cost<=0", 2),
        ("cost:0.12", 4),
    ],
)
def test_filters_choose_the_runs(caller: Caller, text: str, count: int) -> None:
    """Both forms that are documented, every sign and every word; texts are compared by case."""
    assert len(page(caller, q=text)["items"]) == count


@pytest.mark.parametrize(
    "text",
    [
        "status_code",
        "status_code:",
        "nothing:1",
        "metadata:1",
        "status_code:a b",
        "(status_code:a",
        "has_logs:maybe",
        "duration_ms>soon",
        "created_at>soon",
        "AND",
        "NOT " * 60 + "status_code:a",
        "(" * 60 + "status_code:a" + ")" * 60,
    ],
)
def test_a_filter_that_means_nothing_is_rejected(caller: Caller, text: str) -> None:
    """With the query parameter as its place."""
    reply = caller("GET", f"/v1/runs?q={quote(text)}")

    assert code(reply) == (422, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["loc"] == ["query", "q"]


def test_sorts_by_several_keys(caller: Caller) -> None:
    """Each up or down; what is equal stays in the order of age."""
    listed = page(caller, sort_by="client_ref:asc,created_at:desc")
    keys = [(item["client_ref"], item["created_at"]) for item in listed["items"]]

    assert keys == sorted(sorted(keys, key=lambda key: key[1], reverse=True), key=lambda key: key[0])
    assert refs(page(caller, sort_by="client_ref:desc", limit=3)) == ["ref 2"] * 3


@pytest.mark.parametrize("query", ["sort_by=nothing", "sort_by=id:up", "fields=nothing", "pq=nothing", "pq=WzFd"])
def test_an_order_a_projection_or_a_cursor_that_means_nothing_is_rejected(caller: Caller, query: str) -> None:
    """Like any other query parameter."""
    reply = caller("GET", f"/v1/runs?{query}")

    assert code(reply) == (422, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["loc"] == ["query", query.partition("=")[0]]


def test_a_projection_leaves_the_rest_out(caller: Caller) -> None:
    """Only the named fields, in any list."""
    listed = page(caller, fields="id,status_code", limit=1)

    assert set(listed["items"][0]) == {"id", "status_code"}


def test_pages_go_forward_and_back(caller: Caller) -> None:
    """`next` leads on, `previous` back to the same page, `first` to the beginning."""
    first = page(caller, limit=4)
    second = page(caller, pq=first["next"])
    third = page(caller, pq=second["next"])
    ids = [item["id"] for part in (first, second, third) for item in part["items"]]

    assert [len(part["items"]) for part in (first, second, third)] == [4, 4, 1]
    assert ids == [item["id"] for item in page(caller)["items"]]
    assert (first["previous"], third["next"]) == (None, None)
    assert page(caller, pq=second["previous"])["items"] == first["items"]
    assert page(caller, pq=third["previous"], from_prev="true")["items"] == second["items"]
    assert page(caller, pq=third["first"])["items"] == first["items"]


def test_a_cursor_belongs_to_its_sort(caller: Caller) -> None:
    """Another sort is rejected; the same, or none, goes on."""
    first = page(caller, limit=2, sort_by="client_ref:asc,id:asc")
    other = caller("GET", f"/v1/runs?pq={first['next']}&sort_by=id:asc")

    assert code(other) == (422, "VALIDATION_ERROR")
    assert refs(page(caller, pq=first["next"])) == ["ref 0", "ref 1"]


def test_models_are_found_by_their_slug(simulator: Simulator, ask: Ask) -> None:
    """As clients request them."""
    reply = ask("runflow")("GET", "/v1/models?q=slug.eq:'veo3.1/lite'&limit=1").json

    assert [item["slug"] for item in reply["items"]] == ["veo3.1/lite"]


@given(
    limits=st.lists(st.integers(1, 4), min_size=1, max_size=12),
    inserts=st.lists(st.integers(0, 3), min_size=12, max_size=12),
    sort=st.sampled_from(
        ["", "created_at:desc", "created_at:asc", "client_ref:desc", "client_ref:asc,created_at:desc"]
    ),
    filtered=st.booleans(),
)
def test_pages_neither_lose_nor_repeat_when_runs_come_in_between(
    limits: list[int], inserts: list[int], sort: str, filtered: bool
) -> None:
    """Whatever is created while one pages: every run that was there is seen once."""
    simulator = build_simulator(
        _contracts(), clock=Clock(start=0, held=True), accept_any_key=True, sender=MemorySender()
    )
    caller = Caller(simulator.provider("runflow"), "rf_live_one")
    for number in range(10):
        create(caller, client_ref=str(number % 3))
    there = [item["id"] for item in page(caller, limit=500)["items"]]
    query: dict[str, Any] = {"sort_by": sort} if sort else {}
    if filtered:
        query["q"] = "client_ref>=0"
    seen: list[str] = []
    for turn in range(100):
        listed = page(caller, limit=limits[turn % len(limits)], **query)
        seen += [item["id"] for item in listed["items"]]
        for number in range(inserts[turn % len(inserts)] if turn < 12 else 0):
            create(caller, client_ref=str(number))
        if listed["next"] is None:
            break
        query["pq"] = listed["next"]

    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)


@cache
def _contracts() -> dict[str, Contract]:
    return load_contracts(["runflow"])
