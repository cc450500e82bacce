"""Send requests to a mock server in process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
FOURTH = (
    Path(__file__).parents[1] / "fourth" / "data"
)  # the made-up provider `encore`, small enough to read in a minute

# For runs of pytest of their own: plugins of others take two seconds to import, and are not needed there.
LEAN = {"PYTEST_ADDOPTS": "-p no:schemathesis -p no:hypothesispytest"}

# Builds a mock server: `make_simulator(readings={...}, keys=[...], seed=7, names=["runflow"])`.
MakeSimulator = Callable[..., Simulator]


@dataclass
class CallerResponse:
    """A response as a test reads it."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def json(self) -> Any:
        return orjson.loads(self.response.body)

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.decode(): value.decode() for name, value in self.response.headers}


@dataclass
class Caller:
    """Sends requests to one provider in process, with a key of its own."""

    provider: Provider
    key: str | None
    headers: dict[str, str] = field(default_factory=dict)
    base_url: str = "http://mock.test"

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        key: str | None = "",
    ) -> CallerResponse:
        """Send one request; `key=None` leaves the key out, `raw` sends bytes as they are."""
        answer = self.provider.answer(self.request(method, path, body, headers=headers, raw=raw, key=key))
        assert isinstance(answer, Response), "this operation waits for the clock; use `waiting`"
        return CallerResponse(answer)

    def waiting(self, method: str, path: str, body: Any = None) -> Awaitable[Response]:
        """Send a request that waits for the clock."""
        answer = self.provider.answer(self.request(method, path, body))
        assert not isinstance(answer, Response), f"it was answered at once: {answer}"
        return answer

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        key: str | None = "",
    ) -> Request:
        sent = dict(self.headers)
        used = self.key if key == "" else key
        if used is not None:
            sent["authorization"] = f"Bearer {used}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        target, _, query = path.partition("?")
        content = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        return Request(method, target, pairs, query.encode(), content, self.base_url)
