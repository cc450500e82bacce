"""What the reference client makes of a cassette: its own talks, fed with the recorded answers instead of a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.cassettes.cassette import Cassette, Exchange, InboundCallback
from mockreel.cassettes.expectation import ClientCall
from mockreel.cassettes.player import CassettePlayer, RequestKey, body_differences
from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.client import ClientError, JobEnded, Outcome, Refused, ReplyNotUnderstood
from mockreel.client.deadlines import Timing
from mockreel.client.flows import Core
from mockreel.client.http.api_key import Key
from mockreel.client.http.drivers import drive_with
from mockreel.client.http.steps import IncomingResponse, OutgoingRequest, Talk
from mockreel.client.profile_file import read_profile
from mockreel.client.values import Job, Notice
from mockreel.contract import Contract
from mockreel.contract.pointers import text
from mockreel.contract.pricing import Cost
from mockreel.webhooks import sign

# No published callback comes with a signature that could be verified; the replay signs its bytes itself.
SECRET = "mockreel-replay"
WAIT_SECONDS = 86_400.0


@dataclass
class Readback:
    """The reference client against one cassette.

    `remarks` are the differences between the client's requests and the recorded ones.
    """

    contract: Contract
    cassette: Cassette
    root: Path | None = None
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._now = 0.0
        profile = read_profile(self.contract.provider, root=self.root)
        url = str(self.contract.document["servers"][0]["url"])
        timing = Timing(lambda: self._now, lambda: 0.5)
        self.core = Core(self.contract, profile, url, Key(SECRET), timing, timeout=60.0)
        self.phrases = Phrases(self.contract, profile, self.core.writer)
        exchanges = self.cassette.exchanges
        request_key = [self._key_of(one.method, one.uri, one.body) for one in exchanges]
        freely = frozenset(number for number, one in enumerate(exchanges) if self.phrases.submits(one))
        self.player = CassettePlayer(request_key, exchanges, freely)
        self._last: tuple[RequestKey, IncomingResponse] | None = None

    def call(self, call: ClientCall) -> dict[str, Any]:
        """The result of a call.

        Raises:
            NoRecording: its request was not recorded.
        """
        try:
            return _result_of(drive_with(self._talk(call), self._answer, sleep=self._pass))
        except Refused as error:
            return _error_result(error)
        except JobEnded as ended:
            return _outcome(ended.outcome)
        except ClientError as error:
            return {"error": type(error).__name__}

    def callback(self, callback: InboundCallback) -> dict[str, Any]:
        """What the client makes of a callback."""
        headers = dict(callback.headers)
        signature = self.contract.callbacks.signature
        if signature is not None:
            headers[signature.header] = sign(signature, SECRET, callback.body)
        secret = SECRET if signature is not None else None
        try:
            sort = self.core.job("unknown").sort
            return _notice(self.core.notices.read(callback.body, headers, secret, sort=sort))
        except ClientError as error:
            return {"error": type(error).__name__}

    def _talk(self, call: ClientCall) -> Talk[Any]:
        core, deadline = self.core, self.core.deadline(WAIT_SECONDS)
        if call.do == "ask":
            return core.exchanges.request(self.phrases.request_of(self._exchange(call)), deadline)
        if call.do in ("submit", "quote"):
            request = self.phrases.request(self._exchange(call))
            if call.do == "submit":
                return core.submit(request, deadline)
            return core.quote(request.model or "", request.input, deadline)
        job = core.job(call.job or "", sort=call.sort)
        if call.do == "read":
            return self._read(call, job)
        talks: Mapping[str, Callable[..., Talk[Any]]] = {"poll": core.poll, "wait": core.wait, "cancel": core.cancel}
        return talks[call.do](job, deadline)

    def _read(self, call: ClientCall, job: Job) -> Talk[Outcome]:
        """A job as reported by a route that the client itself does not use."""
        core, rows = self.core, self.core.profile.jobs[job.sort]
        request = self.phrases.request_of(self._exchange(call))
        response = yield from core.exchanges.request(request, core.deadline(WAIT_SECONDS), job=job)
        word = text(response.json, rows.state)
        state = core.outcomes.state(word)
        if word is None or state is None:
            raise ReplyNotUnderstood(request.what, f"its state is {word!r}", job=job)
        return core.outcomes.read(job, response.json, response.headers, word=word, state=state)

    def _exchange(self, call: ClientCall) -> Exchange:
        assert call.of is not None
        return self.cassette.exchanges[call.of]

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def _answer(self, request: OutgoingRequest) -> IncomingResponse:
        request_key = self._key_of(request.method, request.url, request.body)
        if self._tries_again(request_key):
            assert self._last is not None
            return self._last[1]
        number = self.player.replay(request_key)
        recorded = self.cassette.exchanges[number]
        if number in self.player.freely:
            own = self.phrases.unmarked(self.player.request[number].body), self.phrases.unmarked(request_key.body)
            self.remarks += [f"exchange {number}: {remark}" for remark in body_differences(*own)]
        headers = {name.lower(): value for name, value in recorded.reply_headers}
        response = IncomingResponse(recorded.status, headers, recorded.reply)
        self._last = request_key, response
        return response

    def _tries_again(self, request_key: RequestKey) -> bool:
        """A client that retries after an error response gets it again if no second try was recorded."""
        if self._last is None or self._last[0] != request_key or not self.core.error_reader.is_error(self._last[1]):
            return False
        return all(number in self.player.used for number, one in enumerate(self.player.request) if one == request_key)

    def _key_of(self, method: str, url: str, body: bytes) -> RequestKey:
        return RequestKey.of(method, url, body, without=self.phrases.keyed)


def _result_of(found: Any) -> dict[str, Any]:
    if isinstance(found, Outcome):
        return _outcome(found)
    if isinstance(found, Job):
        return {"job": found.id}
    if isinstance(found, Cost):
        return {"amount": None if found.amount is None else str(found.amount), "currency": found.currency}
    return {"answered": found.status} if isinstance(found, IncomingResponse) else {"done": True}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    remark: dict[str, Any] = {"state": outcome.state, "word": outcome.word}
    if outcome.results:
        remark["urls"] = list(outcome.urls)
    if outcome.failure is not None:
        remark |= {"code": outcome.failure.code, "message": outcome.failure.message, "stage": outcome.failure.stage}
    if outcome.spent is not None:
        remark["spent"] = f"{outcome.spent.amount} {outcome.spent.currency}"
    return remark


def _error_result(error: Refused) -> dict[str, Any]:
    return {
        "refused": type(error).__name__,
        "status": error.status,
        "code": error.code,
        "message": error.message,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    remark: dict[str, Any] = {"job": notice.job.id, "event": notice.event}
    return remark | (_outcome(notice.outcome) if notice.outcome is not None else {})
