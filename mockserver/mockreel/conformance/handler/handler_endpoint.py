"""The handler at its URL: requests within a budget, its responses, and a command that repeats a request."""

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import orjson

from mockreel import __version__
from mockreel.conformance.handler.forged_signatures import Signing
from mockreel.conformance.handler.handler_pace import MOST_AT_ONCE, Pace
from mockreel.conformance.handler.webhook_samples import Job
from mockreel.contract.data.webhook_rows import DeliveryPolicy, Signature
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.engine.redaction.url_redaction import masked_url
from mockreel.errors import MockreelError
from mockreel.webhooks import Outcome
from mockreel.webhooks.authorities import distrust, trust
from mockreel.webhooks.retry_policy import accepted

# So many deliveries in a row without an answer in time, and nothing more is sent.
MOST_SILENCE = 3


class NoTime(MockreelError):
    """The rest of a plan is not sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to the handler.

    Args:
        signing: how the body is signed, if at all.
        media: in place of the content type.
    """

    what: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    policy: DeliveryPolicy
    signing: Signing
    media: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The response: a status and its time, or an error; `late` if there was none in time."""

    delivery: Delivery
    status: int | None
    seconds: float
    trouble: str = ""
    late: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the provider would take it for accepted; a connection that was closed is no acceptance."""
        return accepted(self.delivery.policy, Outcome(self.status))

    def shown(self) -> str:
        outcome = self.trouble or f"{self.status} after {self.seconds:.2f} s"
        return f"{outcome}, to {self.delivery.what}: {self.delivery.body.decode('utf-8', 'replace')[:300]}"


def handler_client(ca: Path | None = None) -> httpx2.Client:
    """A new connection for every webhook, so that none uses one that is being closed.

    Args:
        ca: a further authority to trust, in PEM form.

    Raises:
        OptionError: the file has no certificate.
    """
    return httpx2.Client(
        trust_env=False,
        follow_redirects=False,
        verify=trust(ca),
        headers={"user-agent": f"mockreel/{__version__}", "accept-encoding": "identity"},
        limits=httpx2.Limits(max_keepalive_connections=0),
    )


@dataclass
class Endpoint:
    """A handler at a URL.

    Args:
        secret: the provider's signing secret; required if it signs.
        budget: real seconds for all requests.
        before: called with each job before its first webhook.
    """

    url: str
    secret: str
    signature: Signature | None
    budget: float
    before: Callable[[Job], object] | None = None
    client: httpx2.Client = field(default_factory=handler_client)
    pace: Pace = field(default_factory=Pace)
    _known: set[str] = field(default_factory=set)
    _silent: int = 0
    _answered: bool = False

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.budget

    def introduce(self, job: Job) -> None:
        """Make a job known to the handler, once.

        Raises:
            NoTime: the budget is used up.
        """
        if self.before is not None and job.id not in self._known:
            self._left()
            self._known.add(job.id)
            self.before(job)

    def send(self, delivery: Delivery) -> Answer:
        """Deliver, and wait for the response as long as the provider would, within the budget.

        Raises:
            NoTime: the budget is used up, or the handler has not answered several times in a row.
            MockreelError: it was never reachable.
        """
        if self._silent >= MOST_SILENCE:
            raise NoTime(f"the handler gave no answer in time {MOST_SILENCE} times in a row")
        left = self._left()
        answer = self._post(delivery, min(delivery.policy.timeout, left))
        if answer.late and left < delivery.policy.timeout:
            raise NoTime(f"the budget of {self.budget:g} s was used up while the handler was being waited for")
        self._silent = self._silent + 1 if answer.late else 0
        self._answered = True
        return answer

    def send_all(self, deliveries: Sequence[Delivery], jobs: Sequence[Job]) -> Iterator[Answer | NoTime]:
        """Deliver one after the other, or several at once where that saves much; the reason ends what is not sent.

        What gets no answer in time among others is sent again alone before it counts. The jobs are made known first.
        """
        try:
            for job in jobs:
                self.introduce(job)
        except NoTime as why:
            yield why
            return
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            rest = list(deliveries)
            while rest:
                size = self.pace.size()
                batch, rest = rest[:size], rest[size:]
                answers = list(pool.map(self._attempt, batch))
                self.pace.took([one.seconds for one in answers if isinstance(one, Answer)] or [0.0])
                for delivery, answer in zip(batch, answers, strict=True):
                    alone = len(batch) > 1 and isinstance(answer, Answer) and answer.late
                    yield (found := self._attempt(delivery) if alone else answer)
                    if isinstance(found, NoTime):
                        return

    def _attempt(self, delivery: Delivery) -> Answer | NoTime:
        try:
            return self.send(delivery)
        except NoTime as why:
            return why

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise NoTime(f"the budget of {self.budget:g} s is used up; give more with --budget")
        return left

    def _post(self, delivery: Delivery, timeout: float) -> Answer:
        start = time.monotonic()
        try:
            status = self._status(delivery, start + timeout)
        except TimeoutError:
            return Answer(delivery, None, time.monotonic() - start, f"no answer within {timeout:g} s", late=True)
        except httpx2.ConnectError as problem:
            if not self._answered:
                raise _unreachable(f"No handler answers at {masked_url(self.url)}", problem) from problem
            why = distrust(problem, "its") or transport_reason(problem)
            return Answer(delivery, None, time.monotonic() - start, f"no connection: {why}")
        except httpx2.HTTPError as problem:
            why = transport_reason(problem)
            return Answer(delivery, None, time.monotonic() - start, f"the connection was closed: {why}")
        return Answer(delivery, status, time.monotonic() - start)

    def _status(self, delivery: Delivery, ends: float) -> int:
        """The status of the answer, whose body must have come in time too."""
        left = max(0.001, ends - time.monotonic())
        headers = self._headers(delivery)
        try:
            with self.client.stream("POST", self.url, content=delivery.body, headers=headers, timeout=left) as answer:
                for _ in answer.iter_raw():
                    if time.monotonic() > ends:
                        raise TimeoutError
                return answer.status_code
        except httpx2.TimeoutException as late:
            raise TimeoutError from late

    def _headers(self, delivery: Delivery) -> list[tuple[str, str]]:
        found = self._plain_headers(delivery)
        if self.signature is not None:
            value = delivery.signing.value(self.signature, self.secret, delivery.body)
            found += [(self.signature.header, value)] if value is not None else []
        return found

    def _plain_headers(self, delivery: Delivery) -> list[tuple[str, str]]:
        """The headers without the signature."""
        media = delivery.media
        return [
            (name, media if media is not None and name.lower() == "content-type" else value)
            for name, value in delivery.headers
        ]

    def curl(self, delivery: Delivery) -> str:
        """The line that sends exactly this again; the secret is read from the environment."""
        first = ""
        parts = ["curl", "-sS", "-i", "-X", "POST", shlex.quote(masked_url(self.url))]
        for name, value in self._plain_headers(delivery):
            parts += ["-H", shlex.quote(f"{name}: {value}")]
        if delivery.signing.pieces is not None and self.signature is not None:
            first, words = delivery.signing.shell(self.signature, delivery.body)
            parts += ["-H", f'"{self.signature.header}: {words}"' if words else f"'{self.signature.header};'"]
        body = shlex.quote(delivery.body.decode("utf-8", "replace"))
        return f'BODY={body}; {first}{" ".join(parts)} --data-binary "$BODY"'

    def close(self) -> None:
        self.client.close()


def _unreachable(what: str, problem: httpx2.HTTPError) -> MockreelError:
    """What to do if nobody answers: trust its certificate, or start it."""
    why = distrust(problem, "its")
    return MockreelError(
        f"{what}: {why or transport_reason(problem)}. {'Then' if why else 'Start it, then'} check again."
    )


def posting(url: str, ca: Path | None = None) -> Callable[[Job], object]:
    """Makes each job known by a POST of its JSON to a URL, which must answer with 2xx."""
    shown = masked_url(url)

    def post(job: Job) -> None:
        body = orjson.dumps(job.row())
        try:
            with handler_client(ca) as client:
                answer = client.post(url, content=body, headers={"content-type": "application/json"}, timeout=30.0)
        except httpx2.HTTPError as problem:
            raise _unreachable(f"--before {shown} does not answer", problem) from problem
        if not answer.is_success:
            then = "It must take the JSON of a job and answer with 2xx."
            raise MockreelError(f"--before {shown} answered {answer.status_code} to {body[:200].decode()}. {then}")

    return post
