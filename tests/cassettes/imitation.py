"""A server of the tests' own that answers as a live provider might, over TLS and under the provider's host names.

It is not the mock server: every response is written here by hand, and each is full of planted secrets.
"""

import base64
import gzip
import json
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.local_http import QuietHandler, on_free_port, running

KEYS = {
    "runflow": "rf_live_9fQ2xLw7ZpT4mVb1",
    "aimlapi": "5e1f0c9b7a3d4826bb90c1d2e3f4a5b6",
    "runninghub": "c0ffee12c0de34badf00d567aced8901",
}
FILE_HOST = "cdn.media-results.dev"
JOBS = {
    "runflow": "01926f3a-7c1e-7d22-9b4e-3f5a6b7c8d9e",
    "aimlapi": "kQ7_zR2mXw9-TbN4vLs1E",
    "runninghub": "2052287938007814145",
}

# One secret of each kind, by what it is.
PLANTED = {
    "cookie": "s%3AbQ8vWk2LrT5yNc7X",
    "later cookie": "affinity9Kd3Zp6Mw1Qs",
    "signature of an address": "d41a8cd98f00b204e9800998ecf8427ea7b1",
    "credential of an address": "AKIAQ7R2XWMN4LTPV8ZK",
    "token of a redirect": "rdr_Zk4mPq9XwL2vTn8B",
    "name and password of an address": "mirror:hunter2Secret",
    "account": "7d1f0e9a-3333-4abc-8def-0123456789ab",
    "account's number": "88213377145",
    "person": "Ada Lovelace-Byron",
    "e-mail": "ada.byron@analytical-engines.io",
    "secret in JSON in a text": "nested_Xw8Lq2Zr6Tm4Kv9",
    "secret in a header": "hdr-Jw7Rk3Qp9Zx5Vn2T",
    "query of the callback": "cbq_Mv6Tz3Lk8Wp1Xr7Q",
    "signing secret": "whsec_Bn5Vq8Xk2Wm7Lz4R",
    "signature of the callback": "8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e",
    "secret in a field nobody knows": "unk-Tq4Zm7Xw2Lr9Vk6P",
    "name of a field": "fld9Qx7Zw4Lm2Tk8Vr5Np3",
    "internal host": "node-17.eu-west.internal-cluster.dev",
}
NUMBER = PLANTED["account's number"]
CALLBACK_URL = f"https://hooks.my-studio.dev/in/9d8f7c6b5a?token={PLANTED['query of the callback']}"

Reply = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Imitation:
    """One provider, imitated: `polls` of a job until it has ended, the callback sent when it has."""

    provider: str
    hosts: tuple[str, ...]
    port: int = 0
    polls: int = 2
    received: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    more_headers: list[tuple[str, str]] = field(default_factory=list)
    callback_to: Callable[[], str] | None = None
    accepts_everything: bool = False
    refuses_the_key: bool = False
    breaks: bool = False  # a poll says nothing of the job
    called_about: str = ""  # another job than ours
    _polled: int = 0

    @property
    def key(self) -> str:
        return KEYS[self.provider]

    @property
    def job(self) -> str:
        return JOBS[self.provider]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.received.append((method, headers["host"] + path, headers, body))
        if headers["host"].startswith(FILE_HOST):
            return self._file(path)
        return SPEAKS[self.provider](self, method, path, headers, json.loads(body) if body else {})

    def _file(self, path: str) -> Reply:
        if path.startswith("/moved/"):
            where = f"https://{FILE_HOST}/files/clip.mp4?token={PLANTED['token of a redirect']}"
            return 302, [("Location", where), ("Set-Cookie", f"edge={PLANTED['later cookie']}")], b""
        return 200, [("Content-Type", "video/mp4")], b"\x00\x00\x00 ftypmp42" + PLANTED["person"].encode()

    def json(self, status: int, document: Any, *, packed: bool = False) -> Reply:
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Set-Cookie", f"sid={PLANTED['cookie']}; Path=/; HttpOnly; Secure"),
            ("X-Served-By", PLANTED["internal host"]),
            ("X-Debug-Token", PLANTED["secret in a header"]),
            ("X-Debug-Auth", base64.b64encode(f"Bearer {self.key}".encode()).decode()),
            ("X-Request-Id", "req_7Hq2Zw9Lx4Tm"),
            *self.more_headers,
        ]
        content = json.dumps(document).encode()
        if packed:
            return status, [*headers, ("Content-Encoding", "gzip")], gzip.compress(content)
        return status, headers, content

    @property
    def result(self) -> str:
        who, signed = PLANTED["credential of an address"], PLANTED["signature of an address"]
        where = f"https://{FILE_HOST}/moved/{PLANTED['account']}/clip.mp4"
        return f"{where}?X-Amz-Credential={who}&X-Amz-Signature={signed}"

    def strange(self) -> dict[str, Any]:
        """Fields that no schema knows."""
        return {
            "debug": {
                "owner": {"name": PLANTED["person"], "email": PLANTED["e-mail"], "plan": 3, "paid": True},
                "trace": json.dumps({"inner": json.dumps({"api_key": PLANTED["secret in JSON in a text"]})}),
                "raw": base64.b64encode(json.dumps({"key": self.key, "who": PLANTED["e-mail"]}).encode()).decode(),
                "mirror": f"https://{PLANTED['name and password of an address']}@mirror.internal-cluster.dev/x",
                PLANTED["name of a field"]: "yes",
                "tip": PLANTED["secret in a field nobody knows"],
            }
        }

    def chatter(self, id_: str) -> str:
        """What a provider in a talkative mood says in the text of an error."""
        basic = base64.b64encode(f"{PLANTED['e-mail']}:{self.key}".encode()).decode()
        return (
            f"No such job {id_} in account {PLANTED['account']} ({NUMBER}) "
            f"of {PLANTED['person']} <{PLANTED['e-mail']}>, key {self.key}, tried Basic {basic} "
            f"at https://user:{self.key}@{PLANTED['internal host']}/jobs?sig={PLANTED['signature of an address']}"
        )

    def ended(self) -> bool:
        """Whether the job has ended by this poll; when it just has, its callback is sent."""
        self._polled += 1
        if self._polled == self.polls and self.callback_to is not None:
            self._call(self.callback_to())
        return self._polled >= self.polls

    def _call(self, url: str) -> None:
        payload = CALLS[self.provider](self)
        headers = {
            "Content-Type": "application/json",
            "Runflow-Signature": PLANTED["signature of the callback"],
            "Cookie": f"sid={PLANTED['cookie']}",
            "X-Webhook-Secret": PLANTED["signing secret"],
            "X-Forwarded-For": "203.0.113.77",
        }
        requested = urllib.request.Request(url, json.dumps(payload).encode(), headers, method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(requested, timeout=5).close()


def _runflow(self: Imitation, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    if headers.get("authorization") != f"Bearer {self.key}" or self.refuses_the_key:
        text = f"The key {headers.get('authorization')} is not valid for {PLANTED['e-mail']}."
        return self.json(401, {"code": "UNAUTHORIZED", "message": text, "request_id": "req_1"})
    if method == "POST":
        if "prompt" not in body["input"] and not self.accepts_everything:
            wrong = {"loc": ["body", "input", "prompt"], "msg": f"Field required ({self.key})", "type": "missing"}
            return self.json(422, {"code": "VALIDATION_ERROR", "message": "Invalid.", "errors": [wrong]})
        if "no-such-model" in path:
            return self.json(404, {"code": "MODEL_NOT_FOUND", "message": f"No model. {PLANTED['person']}, look again."})
        return self.json(201, _run(self, "queued", body))
    if self.job not in path:
        return self.json(404, {"code": "RUN_NOT_FOUND", "message": self.chatter(path[-36:]), **self.strange()})
    state = "succeeded" if self.ended() else "running"
    return self.json(200, {"id": self.job} if self.breaks else _run(self, state, {}), packed=True)


def _run(self: Imitation, state: str, body: Any) -> dict[str, Any]:
    made = {
        "outputs": [{"type": "video", "url": self.result, "duration": 4.0}],
        "nsfw_detected": False,
        "seed": 7,
        "timing": None,
    }
    return {
        "id": self.job,
        "org_id": PLANTED["account"],
        "created_by": PLANTED["account"],
        "status_code": state,
        "input": body.get("input"),
        "callback_url": body.get("callback_url"),
        "client_ref": body.get("client_ref"),
        "metadata": {"note": json.dumps({"secret": PLANTED["secret in JSON in a text"]})},
        "links": {"self": f"https://api.runflow.io/v1/runs/{self.job}?api_key={self.key}"},
        "cost": "0.120000",
        "output": made if state == "succeeded" else None,
        "created_at": "2026-11-20T10:00:00.123456+00:00",
        **self.strange(),
    }


def _runflow_call(self: Imitation) -> dict[str, Any]:
    return {
        "event": "run.completed",
        "run_id": self.called_about or self.job,
        "status": "succeeded",
        "output": _run(self, "succeeded", {})["output"],
        "error": None,
        "timestamp": "2026-11-20T10:00:09+00:00",
        "account_number": PLANTED["account's number"],
        **self.strange(),
    }


def _aimlapi(self: Imitation, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    def refusal(status: int, name: str, message: str, data: Any = None) -> Reply:
        error = {"name": name, "message": message, "data": data}
        document = {"title": "Refused", "status": status, "message": message, "instance": "/v2/video/generations?"}
        return self.json(
            status, {**document, "timestamp": "2026-11-20T10:00:00.123Z", "error": error, **self.strange()}
        )

    if headers.get("authorization") != f"Bearer {self.key}":
        return refusal(401, "UnauthorizedException", f"Unauthorized {headers.get('authorization')} {PLANTED['e-mail']}")
    if method == "POST":
        if body.get("model") == "mockreel/no-such-model":
            return refusal(404, "NotFoundException", f"No model for user {NUMBER}.")
        if "prompt" not in body:
            return refusal(400, "BadRequestException", "Invalid payload", [{"path": ["prompt"], "message": self.key}])
        usage = {"usage": {"credits_used": 1040000, "usd_spent": 0.52}}
        return self.json(200, {"id": self.job, "status": "queued", "meta": usage, **self.strange()})
    if "mockreelNoSuchJob00" in path:
        return refusal(404, "NotFoundException", self.chatter("mockreelNoSuchJob00"))
    state = {"id": self.job, "status": "generating", "user_id": int(PLANTED["account's number"])}
    if self.ended():
        state |= {"status": "completed", "video": {"url": self.result, "duration": 4}}
    return self.json(200, {**state, **self.strange()}, packed=True)


def _runninghub(self: Imitation, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
    def refusal(code: str, message: str) -> Reply:
        return self.json(
            200, {"taskId": "", "status": "", "errorCode": code, "errorMessage": message, **self.strange()}
        )

    if headers.get("authorization") != f"Bearer {self.key}":
        return refusal("802", f"APIKEY_UNAUTHORIZED {headers.get('authorization')} of {PLANTED['e-mail']}")
    if path.endswith("/query"):
        if body["taskId"] != self.job:
            return refusal("1004", self.chatter(body["taskId"]))
        return self.json(200, _task(self, "SUCCESS" if self.ended() else "RUNNING"), packed=True)
    if "no-such-model" in path:
        return refusal("1001", f"No endpoint for {PLANTED['person']}")
    if "prompt" not in body:
        return refusal("1007", f"prompt is required ({self.key})")
    return self.json(200, _task(self, "RUNNING"))


def _task(self: Imitation, state: str) -> dict[str, Any]:
    made = [{"url": self.result, "outputType": "mp4", "text": None}] if state == "SUCCESS" else None
    return {
        "taskId": self.job,
        "status": state,
        "errorCode": "",
        "errorMessage": "",
        "results": made,
        "clientId": PLANTED["account"],
        "promptTips": json.dumps({"result": True, "token": PLANTED["secret in JSON in a text"]}),
        "usage": {"consumeMoney": None, "thirdPartyConsumeMoney": "1.26", "taskCostTime": "31"},
        **self.strange(),
    }


def _runninghub_call(self: Imitation) -> dict[str, Any]:
    inner = {**_task(self, "SUCCESS"), "userApiKey": self.key}
    return {
        "event": "TASK_END",
        "taskId": self.called_about or self.job,
        "eventData": json.dumps(inner),
        **self.strange(),
    }


SPEAKS: dict[str, Callable[..., Reply]] = {"runflow": _runflow, "aimlapi": _aimlapi, "runninghub": _runninghub}
CALLS: dict[str, Callable[[Imitation], dict[str, Any]]] = {"runflow": _runflow_call, "runninghub": _runninghub_call}


@contextmanager
def imitating(imitation: Imitation, context: ssl.SSLContext) -> Iterator[Imitation]:
    """The imitation on a port of this machine, over TLS."""

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.read_body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, reported, content = imitation.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in [*reported, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

    with running(on_free_port(Handler), tls=context) as port:
        imitation.port = port
        yield imitation
