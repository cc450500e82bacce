"""A simulator with its control API, called through Starlette's test client."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from server.admin.documented_response import wrong
from starlette.testclient import TestClient

from mockreel.contract import pointers
from mockreel.contract.conversation.demo_jobs import filled, read_script
from mockreel.simulator.simulator import Simulator

KEY = {"authorization": "Bearer en_user_one_of_many"}
GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@dataclass
class Admin:
    """The control API of a mock server, and the mock server itself."""

    simulator: Simulator
    client: TestClient

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.client.get(f"/_mockreel/{path}", **options)
        return self._held(answer, status)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        given = {"json": body} if body is not None else {}
        answer = self.client.post(f"/_mockreel/{path}", **given)
        return self._held(answer, status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._held(self.client.delete(f"/_mockreel/{path}"), status)

    @staticmethod
    def _held(answer: httpx2.Response, status: int) -> Any:
        """What was answered; every response is held against the control API's own document."""
        assert answer.status_code == status, answer.text
        assert wrong(answer) == []
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        """A program's request to the provider."""
        options.setdefault("headers", KEY)
        given = {"json": body} if body is not None else {}
        return self.client.request(method, path, **given, **options)

    def submit(self, **fields: Any) -> str:
        """A job of encore; its id."""
        answer = self.ask("POST", "/v1/jobs", {**GOOD, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def perform_encore(self, key: str) -> str:
        """A job of encore under another key; its id."""
        headers = {"authorization": f"Bearer {key}"}
        return str(self.ask("POST", "/v1/jobs", GOOD, headers=headers).json()["id"])

    def perform(self, provider: str, *, key: str = "en_user_one_of_many") -> str:
        """The first job of a provider's demo script, with a callback where it can have one; its id."""
        act = read_script(provider).acts[0]
        body = filled(act.submit.body, {"callback": "http://127.0.0.1:9/hook"})
        prefix = f"/{provider}" if len(self.simulator.providers) > 1 else ""
        headers = {"authorization": f"Bearer {key}"}
        answer = self.ask(act.submit.method, prefix + act.submit.path, body, headers=headers)
        id_ = pointers.value(answer.json(), act.id or "")
        assert id_, answer.text
        return str(id_)

    def poll(self, provider: str, id_: str, *, key: str = "en_user_one_of_many") -> bytes:
        """What the provider says of a job."""
        poll = read_script(provider).acts[0].poll
        assert poll is not None
        prefix = f"/{provider}" if len(self.simulator.providers) > 1 else ""
        words = {"id": id_}
        path, body = prefix + filled(poll.path, words), filled(poll.body, words)
        return self.ask(poll.method, path, body, headers={"authorization": f"Bearer {key}"}).content

    def advance(self, seconds: float) -> None:
        self.post("clock/advance", {"seconds": seconds})


OpenAdmin = Callable[..., Admin]
