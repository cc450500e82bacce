"""Snapshots that were changed and sealed again: rejected as a whole, or all that was accepted can be shown."""

import os
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from server.admin.control_rig import Admin, OpenAdmin

from mockreel.simulator.snapshots.snapshot_seal import sealed
from mockreel.webhooks import MemorySender

PROVIDERS = ("runflow", "aimlapi", "runninghub")
# How many are tried with each seed: MOCKREEL_MUTATIONS=5000 for a long search.
MUTATIONS = int(os.environ.get("MOCKREEL_MUTATIONS", "120"))
# What a server may say on purpose: not offered here, no time, the end of a wait.
ON_PURPOSE = (501, 503, 504)
KEYS = {
    "runflow": "rf_live_0123456789abcdef0123456789abcdef",
    "aimlapi": "aikey0123456789abcdef",
    "runninghub": "facade00facade00facade00facade00",
}
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**53, 2**63, 1e308, -1e308, 1e18, 1e12, 5e-324, "", "x", "\x00", "💥", "a" * 5000),
    *(
        "-1",
        "1e999",
        "NaN",
        "../../etc/passwd",
        "http://[::1",
        "http://x:99999/",
        "http://127.0.0.1:9/\r\nX: y",
        [],
        [[]],
    ),
    *({}, {"a": 1}, [1], [None], "2026-01-01", '{"a":', "[]", "null", "{}", '"x"', "1" * 400, "queued", "failed"),
    *("runflow", "http://169.254.169.254/", "٣", "\u202e", "eAo=", {"bytes": "eAo="}, {"bytes": ""}, {"tuple": []}),
    *({"map": []}, {"set": []}, {"decimal": "1e999999"}, {"decimal": "NaN"}, {"same": 1}, {"account": 1}, "a" * 200),
)
RUN = "/runflow/v1/models/google/veo3.1/lite/runs"
GENERATE = "/aimlapi/v2/video/generations"
SUBMIT = "/runninghub/openapi/v2/rhart-video-v3.1-lite-official/text-to-video"
SINK = "http://127.0.0.1:9/hook"


class Played:
    """A simulator on which much has come to be, and questions about all of it."""

    def __init__(self, admin: Admin) -> None:
        self.admin = admin
        self.runs = [self._run(index) for index in range(3)]
        body = {"input": [{"prompt": "x"}, {"prompt": "y"}], "callback_url": SINK}
        self.batch = str(self.ask("runflow", "POST", RUN.replace("/runs", "/batches"), body)["id"])
        self.ask("runflow", "POST", "/runflow/v1/callback-secrets", {"label": "s"})
        events = ["run.completed"]
        self.ask("runflow", "POST", "/runflow/v1/webhooks", {"url": SINK, "name": "n", "event_types": events})
        upload = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 10}
        workflow = {"name": "w", "slug": "w", "workflow_json": {"1": {"class_type": "X"}}}
        self.ask("runflow", "POST", "/runflow/v1/comfyui-workflows", workflow)
        self.asset = str(self.ask("runflow", "POST", "/runflow/v1/asset-uploads", upload)["asset_id"])
        self._generations = [self._generation(), self._generation()]
        self._tasks = [self._task()]
        self.ask("runninghub", "POST", "/runninghub/openapi/v2/assets/groups/create", {"name": "g"})
        asset = {"url": "http://127.0.0.1:9/a.png", "assetType": "Image", "name": "a"}
        self.ask("runninghub", "POST", "/runninghub/openapi/v2/assets/create", asset)
        admin.post("rules", {"scenario": "fail", "operation": "create_run", "nth": 5000})
        admin.post("rules", {"fault": {"name": "throttled"}, "nth": 5000})
        admin.advance(3)
        self.runs.append(self._run(9))
        headers = {"Prefer": "fault=callback-duplicated", "Idempotency-Key": "k1"}
        self.ask("runflow", "POST", RUN, {"input": {"prompt": "late"}}, **headers)
        self._generations.append(self._generation())
        self._tasks.append(self._task())

    def _run(self, index: int) -> str:
        fields = {"metadata": {"a": 1}, "callback_url": SINK, "client_ref": f"r{index}"}
        return str(self.ask("runflow", "POST", RUN, {"input": {"prompt": "b"}, **fields})["id"])

    def _generation(self) -> str:
        body = {"model": "google/veo-3.1-lite-generate-001", "prompt": "x"}
        return str(self.ask("aimlapi", "POST", GENERATE, body)["id"])

    def _task(self) -> str:
        body = {"prompt": "boat boat", "duration": "8", "resolution": "720p", "webhookUrl": SINK}
        return str(self.ask("runninghub", "POST", SUBMIT, body)["taskId"])

    def ask(self, provider: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A program's request to a provider; nothing may break."""
        own = {"Authorization": f"Bearer {KEYS[provider]}", **headers}
        answer = self.admin.ask(method, path, body, headers=own)
        assert answer.status_code < 500 or answer.status_code in ON_PURPOSE, f"{method} {path}: {answer.status_code}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    def control(self, path: str, body: Any = None) -> Any:
        """A request to the control API; nothing may break."""
        client = self.admin.client
        path = f"/_mockreel/{path}"
        answer = client.get(path) if body is None else client.post(path, json=body)
        assert answer.status_code in (200, 400, 409), f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def shown(self) -> None:
        """Every request that a restored simulator can get, before the clock moves and after."""
        self._told()
        self.control("clock/advance", {"seconds": 200})
        self._told()
        again = self.control("snapshot")
        self.control("restore", again)

    def _told(self) -> None:
        self._told_by_control()
        self._told_by_runflow()
        self._told_by_others()

    def _told_by_control(self) -> None:
        for path in ("jobs", "deliveries", "", "rules", "balances", "snapshot", "journal?bodies=true", "journal/har"):
            self.control(path)

    def _told_by_runflow(self) -> None:
        for path in (
            "callback-secrets",
            "webhooks",
            "billing/balance",
            "auth/me",
            "runs",
            f"batches/{self.batch}",
            f"batches/{self.batch}/items",
        ):
            self.ask("runflow", "GET", f"/runflow/v1/{path}")
        for path in ("comfyui-workflows", "runs-stats?start=2026-01-01T00:00:00Z&end=2027-01-01T00:00:00Z"):
            self.ask("runflow", "GET", f"/runflow/v1/{path}")
        self.ask("runflow", "GET", f"/runflow/v1/assets/{self.asset}")
        for run in self.runs:
            for path in ("", "/callback", "/logs"):
                self.ask("runflow", "GET", f"/runflow/v1/runs/{run}{path}")
        self.ask("runflow", "POST", f"/runflow/v1/runs/{self.runs[0]}/callback-redeliveries", {})
        self.ask("runflow", "POST", RUN, {"input": {"prompt": "b"}, "callback_url": SINK})
        self.ask("runflow", "POST", RUN, {"input": {"prompt": "late"}}, **{"Idempotency-Key": "k1"})

    def _told_by_others(self) -> None:
        for one in self._generations:
            self.ask("aimlapi", "GET", f"{GENERATE}?generation_id={one}")
        for path in ("v2/billing/transactions", "v1/billing/balance", "v2/billing"):
            self.ask("aimlapi", "GET", f"/aimlapi/{path}")
        self.ask("aimlapi", "POST", GENERATE, {"model": "google/veo-3.1-lite-generate-001", "prompt": "x"})
        for task in self._tasks:
            self.ask("runninghub", "POST", "/runninghub/openapi/v2/query", {"taskId": task})
            for path in ("outputs", "status", "getWebhookDetail"):
                body = {"taskId": task, "apiKey": KEYS["runninghub"]}
                self.ask("runninghub", "POST", f"/runninghub/task/openapi/{path}", body)
        for path in ("groups/list", "list"):
            self.ask("runninghub", "POST", f"/runninghub/openapi/v2/assets/{path}", {})
        body = {"apikey": KEYS["runninghub"]}
        self.ask("runninghub", "POST", "/runninghub/uc/openapi/accountStatus", body)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_changed_and_sealed_again_is_refused_whole_or_can_all_be_shown(
    open_admin: OpenAdmin, sink: MemorySender, seed: int
) -> None:
    """Hundreds of changes, each of one value to an odd one, to that of another place, or to none."""
    del sink
    admin = open_admin(*PROVIDERS)
    played = Played(admin)
    document = admin.get("snapshot")
    draw = random.Random(seed)
    taken, before = 0, document
    for _ in range(MUTATIONS):
        changed, what = mutated(document, draw)
        answer = admin.client.post("/_mockreel/restore", json=sealed(changed))
        assert answer.status_code in (200, 400, 409), what
        if answer.status_code != 200:
            assert admin.get("snapshot") == before, what
            continue
        taken += 1
        try:
            played.shown()
        except BaseException as broken:
            raise AssertionError(what) from broken
        before = admin.get("snapshot")
    assert 0 < taken < MUTATIONS


def mutated(document: Any, draw: random.Random) -> tuple[Any, str]:
    """A document with one thing in it changed, and what that was."""
    found = {name: value for name, value in deepcopy(document).items() if name != "seal"}
    places = list(_places(found))
    inside, step, name = draw.choice(places)
    turn = draw.random()
    if turn < 0.6:
        inside[step] = deepcopy(draw.choice(ODD))
    elif turn < 0.7:
        del inside[step]
        return found, f"{name} deleted"
    elif turn < 0.75 and isinstance(inside, list):
        inside.append(deepcopy(inside[step]))
    elif turn < 0.82 and isinstance(inside[step], int | float):
        inside[step] = inside[step] * draw.choice((-1, 1e9, 0.5))
    elif turn < 0.86 and isinstance(inside, dict):
        inside["zz"] = deepcopy(inside[step])
    else:
        other, where, _ = draw.choice(places)
        inside[step] = deepcopy(other[where])
    return found, f"{name} → {inside[step]!r}"[:300]


def _places(value: Any, name: str = "") -> Iterator[tuple[Any, Any, str]]:
    for step in list(value) if isinstance(value, dict) else range(len(value)):
        here = f"{name}/{step}"
        yield value, step, here
        if isinstance(value[step], dict | list):
            yield from _places(value[step], here)
