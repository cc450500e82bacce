"""A base URL as a target: asked over HTTP, in real time, and taken for one that may bill."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import httpx2

from mockreel.conformance.spending_guard import SpendingGuard
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest, Who
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import MockreelError, OptionError
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.target_keys import INVALID, Keys, dressed
from mockreel.webhooks.authorities import distrust, trust

TIMEOUT, SHORTEST = 30.0, 1.0
# A connection that nothing used for so long is not used again: many servers close theirs after a few seconds.
KEPT = 1.5
# A response with this header comes of our own simulator, which plays what a `Prefer` header asks for.
MOCK_HEADER = "mockreel-version"
# Requests that might bill go out so slowly, in seconds between two of them.
SLOWLY = 1.0
# Headers that HTTP itself needs and the client sets.
_CLIENTS_OWN = {"content-length", "host", "connection", "transfer-encoding"}


# How a connection ends that the other side gave up.
DROPPED = (httpx2.NetworkError, httpx2.RemoteProtocolError)


class Unreachable(MockreelError):
    """The target did not answer."""


class RemoteTarget:
    """Whoever answers at a base URL.

    Args:
        guard: admits what may be sent.
        keys: by whose they are; a real one goes to the target's own origin only.
        receiver: where its callbacks come, if it can reach one.
        ca: a certificate authority to trust besides the usual ones and those of `SSL_CERT_FILE`.
    """

    own = False
    plays = False

    def __init__(
        self,
        base_url: str,
        contract: Contract,
        *,
        guard: SpendingGuard,
        keys: Mapping[Who, str],
        receiver: Receiver | None = None,
        secret: str | None = None,
        ca: Path | None = None,
    ) -> None:
        self.base_url = checked_url(base_url)
        self.keys = Keys({"invalid": INVALID, **keys})
        self.receiver = receiver
        self.secret = secret
        self.guard = guard
        self.ends = math.inf  # no request is waited for beyond this moment
        self.lateness = 0.0  # by how much this machine was late at most when it was to wake
        self.dropped = 0  # reads that were sent once more, as their connection was dropped
        self._contract = contract
        self._client = httpx2.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(keepalive_expiry=KEPT),
            verify=trust(ca),
        )

    def send(self, request: SentRequest) -> ReceivedResponse:
        self.guard.admit(request)
        if self.guard.admission == "breaking" and request.method != "GET":
            time.sleep(SLOWLY)
        request = dressed(request, self.keys)
        url = self.base_url + request.path + (f"?{request.query}" if request.query else "")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _CLIENTS_OWN}
        response = self._exchange(request.method, url, headers, request.body)
        self.plays = self.plays or MOCK_HEADER in response.headers
        return response

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        """What a URL leads to, or a range of it, over as many redirects as a browser follows, without a key."""
        return self._exchange("GET", url, {} if span is None else {"range": span}, b"", follows=True)

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        start, seconds = self.now(), max(0.0, min(seconds, self.ends - self.now()))
        time.sleep(seconds)
        self.lateness = max(self.lateness, self.now() - start - seconds)

    def close(self) -> None:
        self._client.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, follows: bool = False
    ) -> ReceivedResponse:
        until = max(self.now() + SHORTEST, min(self.now() + TIMEOUT, self.ends))
        try:
            return self._read(method, url, headers, body, until, follows=follows)
        except DROPPED as problem:
            if method != "GET" or self.now() > until:
                raise _unanswered(method, url, problem) from problem
            self.dropped += 1  # a read is asked once more, as any client does
        return self._read(method, url, headers, body, until, follows=follows, last=True)

    def _read(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        until: float,
        *,
        follows: bool,
        last: bool = False,
    ) -> ReceivedResponse:
        """The whole response; one that trickles in is waited for until a moment of the clock."""
        parts: list[bytes] = []
        try:
            with self._client.stream(
                method,
                url,
                headers=dict(headers),
                content=body or None,
                follow_redirects=follows,
                timeout=max(SHORTEST, until - self.now()),
            ) as reply:
                for part in reply.iter_bytes():
                    parts.append(part)
                    if self.now() > until + SHORTEST:
                        raise Unreachable(f"{method} {url} was not answered to its end in time")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            if isinstance(problem, DROPPED) and not last:
                raise
            raise _unanswered(method, url, problem) from problem
        named = {name.lower(): value for name, value in reply.headers.items()}
        return ReceivedResponse(reply.status_code, named, b"".join(parts))


def _unanswered(method: str, url: str, problem: Exception) -> Unreachable:
    if isinstance(problem, httpx2.DecodingError):
        return Unreachable(f"{method} {url} was answered with a body that is not packed as its content-encoding says")
    why = distrust(problem, "its") or transport_reason(problem)
    return Unreachable(f"{method} {url} was not answered: {why}")


def checked_url(url: str) -> str:
    """A base URL without the slash at its end.

    Raises:
        OptionError: it is no HTTP URL, or a real key would travel unencrypted.
    """
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL as problem:
        raise OptionError("TARGET", url, ["mock", "http://127.0.0.1:8701"], then=str(problem)) from problem
    if parts.scheme not in ("http", "https") or not parts.host:
        raise OptionError("TARGET", url, ["mock", "http://127.0.0.1:8701", "https://gateway.example/runflow"])
    if parts.scheme == "http" and not is_loopback(parts.host):
        then = "Unencrypted, a key is sent to this machine only."
        raise OptionError("TARGET", url, [f"https://{parts.host}"], then=then)
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
