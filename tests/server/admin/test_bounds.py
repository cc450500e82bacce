"""No request to the control API keeps the others waiting, or ends in a traceback: numbers, names, exports."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from server.admin.control_rig import Admin, OpenAdmin

from mockreel.server.cooperative_loop import LONGEST_STEP, yielding

NUMBERS = ("1" * 5000, "9" * 13, "-1", "+1", "1_0", "٣", "0x1", "1.0", "", " 1", "%00")


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize(("method", "path"), [("GET", "journal"), ("DELETE", "rules")])
def test_what_is_no_number_of_a_thing_is_not_found(admin: Admin, method: str, path: str, number: str) -> None:
    """However many digits it has."""
    answer = admin.client.request(method, f"/_mockreel/{path}/{number}")

    assert answer.status_code in (404, 405, 307, 200 if not number else 404), answer.text
    assert answer.status_code < 500


def test_another_method_of_a_path_beside_numbers_is_not_allowed(admin: Admin) -> None:
    """A word is no number of an exchange: the path is there, with another method."""
    answer = admin.client.get("/_mockreel/journal/assert")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


LONG = 20_000


@pytest.mark.parametrize("field", ["scenario", "model", "operation", "provider", "fault", "code"])
def test_a_long_name_in_a_rule_is_refused_within_50_ms(open_admin: OpenAdmin, field: str) -> None:
    """Of processor time, with all that a request costs; the message stays short."""
    admin = open_admin("runflow", "aimlapi", "runninghub")
    admin.post("rules", {"scenario": "no-such-scenario"}, 400)  # what is made ready at the first time
    given = {"scenario": "fail", field: "veo/-.3ab"[: len(field)] * LONG}
    began = time.process_time()
    answer = admin.post("rules", given, 400)
    spent = time.process_time() - began

    assert spent < 0.05
    assert len(json.dumps(answer)) < 2000


def test_an_export_is_one_archive_in_the_order_of_time(open_admin: OpenAdmin) -> None:
    """Requests and attempts at webhooks, though it is written piece by piece; an address may be any text."""
    admin = open_admin("runninghub", "runflow")
    for url in ("http://127.0.0.1:9/a?b=c&d=#e", "http://[::1", "http://x:99999/?q=1"):
        body = {"prompt": "boat boat", "duration": "8", "resolution": "720p", "webhookUrl": url}
        path = "/runninghub/openapi/v2/rhart-video-v3.1-lite-official/text-to-video"
        assert admin.ask("POST", path, body).status_code == 200
    admin.perform("runflow")
    admin.advance(200)
    log = admin.get("journal/har")["log"]

    times = [entry["startedDateTime"] for entry in log["entries"]]
    assert times == sorted(times)
    assert {"_number", "_delivery"} <= {name for entry in log["entries"] for name in entry}
    assert (log["version"], log["creator"]["name"]) == ("1.2", "mockreel")
    assert admin.get("journal/har?job=none")["log"]["entries"] == []


def test_long_work_lets_other_requests_run() -> None:
    """After an item that takes as long as a step may, other requests run."""
    assert asyncio.run(_turns_of_others()) >= 4


async def _turns_of_others() -> int:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def work() -> Any:
        for number in range(5):
            until = time.monotonic() + 1.5 * LONGEST_STEP
            while time.monotonic() < until:
                pass
            yield number

    task = asyncio.ensure_future(others())
    found: AsyncIterator[int] = yielding(work())
    assert [number async for number in found] == [0, 1, 2, 3, 4]
    task.cancel()
    return turns
