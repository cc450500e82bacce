"""A page is chosen from rows in any order as if all of them were sorted; long lists are read in steps."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers.runflow.requests import Ask, Run, create
from support.caller import Caller

from mockreel.contract.messages.message import Response
from mockreel.providers.runflow.lists import selection
from mockreel.providers.runflow.lists.columns import Column
from mockreel.providers.runflow.lists.selection import Order, Place, Selection
from mockreel.simulator.cooperative_work import FEW
from mockreel.simulator.simulator import Simulator

SIZE = Column("size", "number")
ROWS = st.lists(st.integers(0, 5), max_size=30)


@given(sizes=ROWS, limit=st.integers(1, 4), down=st.booleans(), back=st.booleans(), at=st.integers(-1, 30))
def test_a_page_is_that_of_the_sorted_list(sizes: list[int], limit: int, down: bool, back: bool, at: int) -> None:
    """From the beginning, behind a row, or before it; also where only few rows more than a page are held."""
    spare, selection._SPARE = selection._SPARE, 0
    try:
        page, around = chosen(sizes, limit=limit, down=down, back=back, at=at)
    finally:
        selection._SPARE = spare

    assert (page, around) == sorted_page(sizes, limit=limit, down=down, back=back, at=at)


def place(sizes: list[int], number: int) -> Place | None:
    return Place(((2, float(sizes[number])),), number) if 0 <= number < len(sizes) else None


def chosen(sizes: list[int], *, limit: int, down: bool, back: bool, at: int) -> Any:
    found = Selection((Order(SIZE, down),), limit=limit, at=place(sizes, at), back=back)
    for number, size in enumerate(sizes):
        found.offer(number, {"size": size, "number": number})
    records, ends = found.page()
    return [record["number"] for record in records], tuple(end and end.number for end in ends)


def sorted_page(sizes: list[int], *, limit: int, down: bool, back: bool, at: int) -> Any:
    """The same by sorting everything: by size, and rows of one size in the same direction by number."""
    sign = -1 if down else 1
    ordered = sorted(range(len(sizes)), key=lambda number: (sign * sizes[number], sign * number))
    index = ordered.index(at) if 0 <= at < len(sizes) else None
    left, right = (0, 0) if index is None else (index, index + 1)
    start, stop = (max(0, left - limit), left) if back else (right, min(len(ordered), right + limit))
    if start >= stop:
        return [], (None, None)
    before = ordered[start] if start > 0 else None
    after = ordered[stop - 1] if stop < len(ordered) else None
    return ordered[start:stop], (before, after)


def test_few_rows_are_stored_however_many_there_are() -> None:
    """A page's rows and some spare ones."""
    found = Selection((Order(SIZE, True),), limit=10)
    most = 0
    for number in range(5000):
        found.offer(number, {"size": number % 97})
        most = max(most, len(found._rows))

    assert most <= 10 + selection._SPARE + 1


@pytest.fixture
def caller(ask: Ask) -> Caller:
    """So many runs that no list of them is made within one step."""
    caller = ask("runflow")
    for number in range(2 * FEW + 10):
        create(caller, client_ref=f"ref {number % 2}")
    return caller


def test_a_long_list_is_filtered_in_steps(caller: Caller, run: Run) -> None:
    """Other requests have their turn; the page is like that of a short list."""
    others: list[int] = []
    response = run(beside(caller.waiting("GET", "/v1/runs?q=client_ref.eq:'ref%201'&limit=2"), others))

    items = orjson.loads(response.body)["items"]
    every = orjson.loads(caller("GET", "/v1/runs?limit=500").response.body)["items"]
    assert [item["id"] for item in items] == [one["id"] for one in every if one["client_ref"] == "ref 1"][:2]
    assert len(others) >= 2


@pytest.mark.parametrize(
    "path",
    [
        "/v1/runs?sort_by=client_ref:asc",
        "/v1/runs-stats?start=2025-01-01T00:00:00Z&end=2027-01-01T00:00:00Z",
        "/v1/runs/~/logs",
    ],
)
def test_what_looks_at_every_run_runs_in_steps(path: str, caller: Caller, run: Run, simulator: Simulator) -> None:
    """Sorted lists, sums, and the log lines of all runs."""
    others: list[int] = []
    wildcard = simulator.provider("runflow").contract.wire["any"]
    response = run(beside(caller.waiting("GET", path.replace("~", wildcard)), others))

    assert response.status == 200
    assert len(others) >= 2


async def beside(answer: Awaitable[Response], others: list[int]) -> Response:
    """Await a response, and record how often others ran meanwhile."""
    task = asyncio.ensure_future(answer)
    while not task.done():
        others.append(len(others))
        await asyncio.sleep(0)
    return await task
