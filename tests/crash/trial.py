"""One run that is killed again and again, and the claims about it that clients and the receiver can check."""

import http.client
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from crash.receiver import Receiver, receiving

MODEL = "/v1/models/google/veo3.1/lite/runs"
HEADERS = {"Authorization": "Bearer rf_live_crash-test-0001", "Content-Type": "application/json"}
# Real seconds until a server counts as one that hangs; the machine may be busy with other things.
WAIT_SECONDS = 900.0
# An answer of the receiver that came so shortly before a kill may not have been read (seconds).
UNREAD = 0.5
# The server is killed so many seconds, at most, behind the last answer that was waited for.
MOMENT = 0.05
# The most responses or webhooks of a life, and how long a client pauses where webhooks end it (real seconds).
ANSWERS, WEBHOOKS, PAUSE = 60, 40, 0.1
# After so many kills the progress is printed.
TOLD = 50
OPEN = frozenset({"queued", "dispatching", "running"})
BUDGET = 1_000_000


@dataclass
class Known:
    """What clients have received: answered submits by their idempotency key, and the last body of each ended job."""

    answered: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    ended: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    wrong: list[str] = field(default_factory=list)
    polls: int = 0

    @property
    def count(self) -> int:
        """How many requests were answered."""
        return len(self.answered) + self.polls


class Trial:
    """Starts the server, sends requests, kills it, and sends requests again.

    Args:
        options: further options of `serve`.
    """

    def __init__(self, folder: Path, *, seed: int, options: tuple[str, ...] = ()) -> None:
        self.known = Known()
        self.kills: list[float] = []
        self.starts: list[float] = []
        self._folder = folder
        self._options = options
        self._draws = random.Random(seed)
        self._seed = seed
        self._url = ""
        # Hundreds of starts: each would compile every module where nothing may be written beside the sources.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        self._environment = {**os.environ, "PYTHONFAULTHANDLER": "1", **compiled}

    def run(self, kills: int) -> Known:
        """Kill the server so many times, every other time while it sends webhooks; then see that everything ends well.

        A life ends behind less than `ANSWERS` responses, or behind less than `WEBHOOKS` webhooks.
        """
        with receiving(seed=self._seed) as receiver:
            for number in range(kills):
                if number % TOLD == 0 and number:
                    print(
                        f"{number} kills, {len(self.known.answered)} answered, wrong: {self.known.wrong[:1]}",
                        flush=True,
                    )
                server = self._serve()
                try:
                    self._check_answered(sample=10)
                    self._live(receiver, server)
                finally:
                    _end(server, signal.SIGKILL)
            server = self._serve()
            try:
                self._finish(receiver)
            finally:
                _end(server, signal.SIGTERM)
            self._check_receiver(receiver)
        return self.known

    def _serve(self) -> "subprocess.Popen[bytes]":
        ready = self._folder / "ready.json"
        ready.unlink(missing_ok=True)
        words = [sys.executable, "-m", "mockreel", "serve", "--provider", "runflow", "--port", "0", "--quiet"]
        words += ["--ready-file", str(ready), "--state", str(self._folder / "run.db"), "--speed", "20"]
        words += ["--public-url", "http://videos.test", "--budget", f"runflow={BUDGET}", *self._options]
        began = time.monotonic()
        log = (self._folder / "server.log").open("ab")
        server = subprocess.Popen(words, stdout=log, stderr=log, env=self._environment)
        log.close()
        while time.monotonic() < began + WAIT_SECONDS and server.poll() is None:
            with suppress(FileNotFoundError):
                output = orjson.loads(ready.read_bytes())
                self._url, self._control = output["runflow"]["url"], output["control"]["url"]
                self.starts.append(time.monotonic() - began)
                return server
            time.sleep(0.005)
        _end(server, signal.SIGABRT)  # a server that hangs says where
        raise SystemExit(f"Start {len(self.starts)} failed:\n{(self._folder / 'server.log').read_text()}")

    def _live(self, receiver: Receiver, server: "subprocess.Popen[bytes]") -> None:
        """Let clients send requests, and kill the server a random moment after some events, however busy it is."""
        over, quick = threading.Event(), len(self.kills) % 2 == 0
        pause = 0.0 if quick else PAUSE
        clients = [threading.Thread(target=self._client, args=(receiver.url, over, one, pause)) for one in range(3)]
        responses, webhooks = self.known.count + self._draws.randrange(ANSWERS), receiver.count
        webhooks += self._draws.randrange(WEBHOOKS)

        def is_behind() -> bool:
            return self.known.count >= responses if quick else receiver.count >= webhooks

        for client in clients:
            client.start()
        while not is_behind() and server.poll() is None and any(client.is_alive() for client in clients):
            time.sleep(0.001)
        time.sleep(self._draws.uniform(0.0, MOMENT))
        self.kills.append(time.monotonic())
        server.kill()
        over.set()
        for client in clients:
            client.join()

    def _client(self, hook: str, over: threading.Event, number: int, pause: float) -> None:
        draws = random.Random(self._seed * 1000 + len(self.kills) * 10 + number)
        while not over.is_set():
            key = f"{len(self.kills)}-{number}-{draws.random()}"
            body = {"input": {"prompt": f"a boat {key}", "duration": "6s", "resolution": "720p"}, "callback_url": hook}
            self.known.sent += 1
            answer = self._ask("POST", MODEL, body, {"Idempotency-Key": key})
            if answer is None:
                return
            if answer[0] != 201:
                self.known.wrong.append(f"a submit was answered with {answer[0]}: {answer[1][:200]!r}")
                return
            self.known.answered[key] = orjson.loads(answer[1])["id"], orjson.dumps(body)
            for _ in range(draws.randrange(3)):
                if not self._poll(draws.choice(list(self.known.answered.values()))[0]):
                    return
            over.wait(pause)

    def _poll(self, job: str) -> bool:
        """Look at a job; whether the server is still there."""
        answer = self._ask("GET", f"/v1/runs/{job}")
        if answer is None:
            return False
        self.known.polls += 1
        if answer[0] != 200:
            self.known.wrong.append(f"the answered job {job} is {answer[0]}: {answer[1][:200]!r}")
            return True
        before = self.known.ended.get(job)
        if before is not None and before != answer[1]:
            self.known.wrong.append(f"the job {job} had ended as {before!r}, and is {answer[1]!r}")
        if orjson.loads(answer[1])["status_code"] not in OPEN:
            self.known.ended[job] = answer[1]
        return True

    def _check_answered(self, *, sample: int) -> None:
        """What was answered before is there, and the same idempotency key gives the same job."""
        keys = list(self.known.answered)
        chosen = {*keys[-sample:], *self._draws.sample(keys, min(sample, len(keys)))}
        for key in sorted(chosen):
            job, body = self.known.answered[key]
            self._poll(job)
        for key in keys[-5:]:
            job, body = self.known.answered[key]
            answer = self._ask("POST", MODEL, orjson.loads(body), {"Idempotency-Key": key})
            if answer is None or answer[0] != 201 or orjson.loads(answer[1])["id"] != job:
                self.known.wrong.append(f"the idempotency key of {job} gives {answer!r}")

    def _finish(self, receiver: Receiver) -> None:
        """Let everything end, and look at all of it."""
        self.arrived = receiver.count
        receiver.draws = _Always()  # type: ignore[assignment]
        self._control_ask("POST", "clock/advance", {"seconds": 200_000})
        self._check_answered(sample=len(self.known.answered))
        jobs = self._control_ask("GET", "jobs?limit=1")["count"]
        if not len(self.known.answered) <= jobs <= self.known.sent:
            self.known.wrong.append(f"{jobs} jobs are there, of {len(self.known.answered)} answered ones")
        (account,) = self._control_ask("GET", "balances")["balances"]
        price = Decimal(orjson.loads(next(iter(self.known.ended.values())))["cost"])
        if Decimal(account["left"]) != BUDGET - price * jobs:
            self.known.wrong.append(f"{jobs} jobs at {price} leave {account['left']} of {BUDGET}")
        self.jobs = jobs

    def _check_receiver(self, receiver: Receiver) -> None:
        for key, (job, _) in self.known.answered.items():
            moments = receiver.accepted.get(job)
            if not moments:
                self.known.wrong.append(f"nobody was told of the job {job} ({key})")
            for moment in (moments or [])[:-1]:
                if not any(moment - 0.05 <= kill <= moment + UNREAD for kill in self.kills):
                    self.known.wrong.append(
                        f"the job {job} was told of again, though that had been accepted: {moments}"
                    )
        self.repeated = sum(len(moments) - 1 for moments in receiver.accepted.values())

    def _control_ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._ask(method, f"/_mockreel/{path}", body, url=self._control)
        assert answer is not None, "the control API does not answer"
        assert answer[0] == 200, answer
        return orjson.loads(answer[1])

    def _ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, *, url: str = ""
    ) -> tuple[int, bytes] | None:
        providers = urlsplit(url or self._url)
        connection = http.client.HTTPConnection(str(providers.hostname), providers.port, timeout=WAIT_SECONDS)
        try:
            raw = None if body is None else orjson.dumps(body)
            connection.request(method, path, raw, {**HEADERS, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


class _Always:
    def random(self) -> float:
        return 0.0


def _end(server: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        server.send_signal(how)
    server.wait(WAIT_SECONDS)


def tried(*, kills: int, seed: int, options: tuple[str, ...] = ()) -> Trial:
    """A trial in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), seed=seed, options=options)
        trial.run(kills)
        return trial
