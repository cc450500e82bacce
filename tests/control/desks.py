"""A stage with its control API, spoken to over Starlette's test client."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.testclient import TestClient

from understudy.stage import Stage

KEY = {"authorization": "Bearer en_user_one_of_many"}
GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@dataclass
class Desk:
    """The control API of a stage, and the stage itself."""

    stage: Stage
    client: TestClient

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.client.get(f"/_understudy/{path}", **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        given = {"json": body} if body is not None else {}
        answer = self.client.post(f"/_understudy/{path}", **given)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        """What a program asks of the provider."""
        options.setdefault("headers", KEY)
        given = {"json": body} if body is not None else {}
        return self.client.request(method, path, **given, **options)

    def submit(self, **fields: Any) -> str:
        """A job of encore; its id."""
        answer = self.ask("POST", "/v1/jobs", {**GOOD, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def advance(self, seconds: float) -> None:
        self.post("clock/advance", {"seconds": seconds})


OpenDesk = Callable[..., Desk]
