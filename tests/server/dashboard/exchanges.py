"""A mock server that has received a little of everything, at each provider."""

import contextlib
from typing import Any

import httpx2
from server.dashboard.visits import INPUT, RUNS, Provider

from mockreel.server.mock_server import MockServer

TRAM = {"prompt": "An old tram.", "resolution": "720p", "duration": "8", "aspectRatio": "16:9"}
TASKS = "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video"
ODD = 'It\'s a "boat", $HOME `id` !! \\ {braces} %41\n\ttab — é 日本 🎭'


def play_everything(server: MockServer, provider: Provider) -> None:
    """Every sort of exchange that is copied: submit, poll, rejection, scenario, ended by hand, upload, fault."""
    _runs(server, provider)
    _refusals(provider)
    _directed(server, provider)
    _uploads(provider)
    _damaged(provider)
    _others(server, provider)


def _runs(server: MockServer, provider: Provider) -> None:
    body = {"input": {**INPUT, "prompt": ODD}, "client_ref": "ref-12345", "callback_url": "http://127.0.0.1:9/hook"}
    run = provider.ask("POST", RUNS, body, Idempotency_Key="key-12345678").json()["id"]
    for seconds in (0, 1, 9):
        server.advance(seconds)
        provider.ask("GET", f"/v1/runs/{run}")
    provider.ask("GET", f"/v1/runs/{run}/callback")
    provider.ask("GET", f"/_mockreel/media/{run}.mp4", key="none")
    provider.ask("GET", "/v1/runs?q=status_code:succeeded&page_size=5")
    batch = provider.ask("POST", RUNS.replace("/runs", "/batches"), {"input": [INPUT, INPUT]}).json()["id"]
    provider.ask("GET", f"/v1/batches/{batch}")
    late, admin = provider.run(), server.runflow.key.replace("rf_live_", "rf_svc_")
    server.advance(0.6)
    provider.ask("POST", f"/v1/admin/runs/{late}/cancellation", key=admin)
    provider.ask("GET", f"/v1/runs/{late}")
    provider.ask("GET", "/v1/billing/balance", key=admin)


def _refusals(provider: Provider) -> None:
    provider.ask("POST", RUNS, {"input": {**INPUT, "prompt": 3, "duration": "66s"}})
    for content, kind in ((b'{"input": ', "application/json"), (b"hello", "text/plain")):
        headers = {"authorization": f"Bearer {provider.server.runflow.key}", "content-type": kind}
        provider.http.post(provider.server.runflow.url + RUNS, content=content, headers=headers)
    provider.http.post(provider.server.runflow.url + RUNS, json={"input": INPUT})
    provider.ask("POST", RUNS, {"input": INPUT}, key="invalid-one")
    provider.ask("GET", "/v1/nothing/%3Cscript%3E/é?a=[1]&b={x}&c='\"")
    provider.ask("DELETE", "/v1/runs")
    provider.ask("POST", "/v1/models/no/such/model/runs", {"input": INPUT})
    provider.ask("GET", "/v1/runs/019b76da-a800-7335-9e7a-f48a38480000")
    provider.ask("GET", "/v1/runs?limit=zzz")
    provider.ask("HEAD", "/v1/health")


def _directed(server: MockServer, provider: Provider) -> None:
    wishes = ("scenario=fail", "scenario=nsfw", "scenario=partial", "scenario=stuck", "scenario=slow")
    for wish in (*wishes, "scenario=refuse; code=conflict"):
        provider.ask("POST", RUNS, {"input": INPUT}, Prefer=wish)
    provider.control("POST", "rules", {"scenario": "fail", "code": "model-unavailable", "prompt": "lighthouse"})
    provider.control("POST", "rules", {"scenario": "rate-limited", "prompt": "tram"})
    failing = provider.run(prompt="A lighthouse.")
    provider.ask("POST", RUNS, {"input": {**INPUT, "prompt": "An old tram."}})
    provider.control("DELETE", "rules")
    server.advance(10)
    provider.ask("GET", f"/v1/runs/{failing}")
    for action in ("complete", "fail", "cancel"):
        run = provider.run()
        provider.control("POST", f"jobs/runflow/{run}/{action}", {})
        provider.ask("GET", f"/v1/runs/{run}")


def _damaged(provider: Provider) -> None:
    replies = ("gateway; status=504", "gateway; accepted=yes", "throttled; retry_after=3", "malformed", "empty")
    lengths = ("truncated", "garbage", "wrong-length", "wrong-length; by=-9", "wrong-content-type")
    lost = ("reset", "reset; at=middle", "close", "lost-answer", "callback-lost", "delay; seconds=0.01")
    for fault in (*replies, *lengths, *lost):
        with contextlib.suppress(httpx2.TransportError):
            provider.ask("POST", RUNS, {"input": INPUT}, Prefer=f"fault={fault}")
    provider.control("POST", "rules", {"fault": {"name": "close"}, "prompt": "storm"})
    with contextlib.suppress(httpx2.TransportError):
        provider.ask("POST", RUNS, {"input": {**INPUT, "prompt": "A storm."}}, Prefer="scenario=fail")
    provider.control("DELETE", "rules")


def _uploads(provider: Provider) -> None:
    file = {"filename": "cat.png", "mime_type": "image/png", "size_bytes": 3}
    made = provider.ask("POST", "/v1/asset-uploads", file).json()
    provider.http.put(made["upload_url"], content=b"abc", headers={"content-type": "image/png"})
    provider.ask("POST", f"/v1/asset-uploads/{made['asset_id']}/confirmations", {})
    address = provider.server.runninghub
    files = {"file": ('it\'s a "cat".png', b"\x89PNG\r\n\x1a\n", "image/png")}
    bearer = {"authorization": f"Bearer {address.key}"}
    provider.http.post(f"{address.url}/openapi/v2/media/upload/binary", files=files, headers=bearer)
    fields = {"apiKey": address.key, "fileType": "input"}
    provider.http.post(f"{address.url}/task/openapi/upload", files=files, data=fields)


def _others(server: MockServer, provider: Provider) -> None:
    video = {"model": "google/veo-3.1-t2v", "prompt": "A boat."}
    made = provider.ask("POST", "/v2/video/generations", video, provider="aimlapi").json()["id"]
    server.advance(10)
    provider.ask("GET", f"/v2/video/generations?generation_id={made}", provider="aimlapi")
    provider.ask("POST", TASKS, {**TRAM, "resolution": "9k"}, provider="runninghub")
    task = provider.ask("POST", TASKS, TRAM, provider="runninghub").json()["taskId"]
    server.advance(10)
    provider.ask("POST", "/openapi/v2/query", {"taskId": task}, provider="runninghub")
    own: dict[str, Any] = {"apiKey": server.runninghub.key}
    begun = provider.http.post(
        f"{server.runninghub.url}/task/openapi/create", json={**own, "workflowId": "1904136902449209346"}
    ).json()["data"]["taskId"]
    for path in ("status", "outputs"):
        server.advance(5)
        provider.http.post(f"{server.runninghub.url}/task/openapi/{path}", json={**own, "taskId": begun})
