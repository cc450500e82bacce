"""The mock in front of a cassette: sent the same requests in process, on a held clock, with a course that fits."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from mockreel.cassettes.cassette import Cassette, Exchange
from mockreel.cassettes.contract_check import received_response
from mockreel.cassettes.expectation import Place, Play
from mockreel.cassettes.replay.json_shape import Difference, differences
from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.cassettes.replay.scenario_inference import ScenarioInference
from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.request_builder import Requests, placed
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.pointers import text
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import MockTarget
from mockreel.webhooks.payloads import documented

# In which steps, and how far, the clock is moved until a job is in the recorded state.
STEP_SECONDS = 0.1
MOST_STEPS = 600
# After which every job has ended, and every attempt at a callback was made.
ENOUGH_SECONDS = 300.0
# A text that is shorter is no id.
SHORTEST_ID = 6
_UNSENT = ("host", "content-length", "connection", "accept-encoding", "prefer")


@dataclass
class ComparedMock:
    """One contract, served for one cassette. `ids` maps recorded ids to those of the mock server."""

    contract: Contract
    cassette: Cassette
    phrases: Phrases
    plays: Mapping[Place, Play] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.error_detector = ErrorDetector(self.contract)
        self.inference = ScenarioInference(self.contract, self.phrases, self.cassette.exchanges)
        self.requests = Requests(self.contract)
        self.target = MockTarget(self.contract)

    def __enter__(self) -> "ComparedMock":
        return self

    def __exit__(self, *_: object) -> None:
        self.target.close()

    def differences(self, place: Place) -> Iterator[Difference]:
        """In what the mock server's answer is shaped otherwise than the recorded one."""
        if place.kind == "callback":
            return self._callback_differences(place.number)
        recorded = received_response(self.cassette.exchanges[place.number])
        return self._differences(recorded, self.play(place.number))

    def play(self, number: int) -> ReceivedResponse:
        """The mock server's response to a recorded request."""
        exchange = self.cassette.exchanges[number]
        play = self.plays.get(Place("exchange", number), Play())
        operation = self.phrases.operation(exchange)
        if operation is None:
            raise MockreelError(f"exchange {number} requests no operation of the contract")
        recorded = received_response(exchange)
        self._cast_job(exchange, operation, recorded)
        self.target.wait(play.wait)
        request = self._request(exchange, operation, play)
        if operation.submits and not self.error_detector.refused(recorded) and play.prefer is None:
            request = _preferring(request, self.inference.course(number))
        response = self._response(request, operation, recorded)
        if (
            play == Play()
            and self.error_detector.refused(recorded)
            and not self._same_error(recorded, response, operation)
        ):
            row = self.inference.row(recorded, operation)
            response = self.target.send(_preferring(request, f"scenario=refuse; code={row}")) if row else response
        self._remember(number, recorded, response)
        return response

    def _request(self, exchange: Exchange, operation: Operation, play: Play) -> SentRequest:
        parts = urlsplit(exchange.uri)
        excluded = {*_UNSENT, *(place.name.lower() for place in operation.key)}
        headers = {name.lower(): self._own(value) for name, value in exchange.headers if name.lower() not in excluded}
        if play.prefer is not None:
            headers["prefer"] = play.prefer
        path = parts.path if play.path is None else play.path
        body = exchange.body if play.body is None else orjson.dumps(play.body)
        for recorded, own in self.ids.items():
            body = body.replace(recorded.encode(), own.encode())
        query = self._own(parts.query, written=lambda own: quote(own, safe=""))
        return SentRequest(exchange.method, unquote(self._own(path)), query, headers, body, operation, play.who)

    def _own(self, text_: str, *, written: Callable[[str], str] = str) -> str:
        """A text with the mock server's ids in place of the recorded ones, however these are encoded."""
        for recorded, own in self.ids.items():
            for form in (recorded, quote(recorded, safe=""), quote(recorded)):
                text_ = text_.replace(form, written(own))
        return text_

    def _response(self, request: SentRequest, operation: Operation, recorded: ReceivedResponse) -> ReceivedResponse:
        """The response; of a poll the one at which the job is as it was when it was recorded."""
        response = self.target.send(request)
        rows = self.inference.rows_polled(operation)
        if rows is None or self.error_detector.refused(recorded):
            return response
        expected = text(recorded.json, rows.state)
        for _ in range(MOST_STEPS):
            word = text(response.json, rows.state)
            if word == expected or self.inference.kind(word) != "pending":
                break
            self.target.wait(STEP_SECONDS)
            response = self.target.send(request)
        return response

    def _cast_job(self, exchange: Exchange, operation: Operation, recorded: ReceivedResponse) -> None:
        """Begin a job in place of one that the cassette reports, but did not begin."""
        id_ = self.phrases.job(exchange)
        if id_ is None or id_ in self.ids or self.error_detector.refused(recorded):
            return
        talk = self.inference.talk_about(operation)
        begins = self.contract.operation(talk.submits[0])
        request = self.requests.good(begins)
        if talk.webhook is not None and talk.webhook.via == operation.id:
            request = self._with_failing_callback(request, begins)
        response = self.target.send(_preferring(request, self.inference.course_of(id_)))
        own = text(response.json, self.inference.rows(talk).id)
        self.ids |= {id_: own} if own is not None else {}
        if talk.webhook is not None and talk.webhook.via == operation.id:
            self.target.wait(ENOUGH_SECONDS)

    def _with_failing_callback(self, request: SentRequest, operation: Operation) -> SentRequest:
        assert self.target.receiver is not None
        place = next((one.place for one in documented(self.contract) if one.operation is operation), None)
        return (
            request.with_json(placed(request.json, place, self.target.receiver.expect("broken"))) if place else request
        )

    def _remember(self, number: int, recorded: ReceivedResponse, response: ReceivedResponse) -> None:
        """The ids that correspond: texts at the same place, if a later request has the recorded one."""
        later = "\n".join(
            f"{one.uri}\n{one.headers}\n{one.body.decode('utf-8', 'replace')}"
            for one in self.cassette.exchanges[number + 1 :]
        )
        pairs = [*_texts(recorded.json, response.json), (recorded.headers.get("etag"), response.headers.get("etag"))]
        for was, now in pairs:
            if was and now and was != now and len(was) >= SHORTEST_ID and (was in later or quote(was, "") in later):
                self.ids[was] = now

    def _same_error(self, recorded: ReceivedResponse, response: ReceivedResponse, operation: Operation) -> bool:
        if not self.error_detector.refused(response) or response.status != recorded.status:
            return False
        rows = (self.inference.row(one, operation) for one in (recorded, response))
        return len(set(rows)) == 1

    def _differences(self, recorded: ReceivedResponse, response: ReceivedResponse) -> Iterator[Difference]:
        was, now = self.error_detector.refused(recorded), self.error_detector.refused(response)
        if was != now:
            yield Difference("", "refusal", _outcome_text(was), f"{_outcome_text(now)} ({response.shown()})")
            return
        if recorded.status // 100 != response.status // 100:
            yield Difference("", "status", str(recorded.status), str(response.status))
        elif recorded.status != response.status:
            yield Difference("", "number", str(recorded.status), str(response.status))
        yield from differences(recorded.json, response.json)

    def _callback_differences(self, number: int) -> Iterator[Difference]:
        """The mock server's callback of a job that ends as the recorded one did."""
        payload = parsed_json(self.cassette.callbacks[number].body)
        nearest = min(documented(self.contract), key=lambda one: len(one.wrong(payload)))
        play = self.plays.get(Place("callback", number), Play())
        assert self.target.receiver is not None
        request = self.requests.good(nearest.operation)
        request = request if play.path is None else replace(request, path=play.path)
        request = request if play.body is None else request.with_json(play.body)
        url = self.target.receiver.expect(200)
        state_sent = nearest.webhook.state if nearest.webhook else None
        course = self.inference.scenario(text(payload, (state_sent,)) if state_sent else None, payload)
        self.target.send(
            _preferring(request.with_json(placed(request.json, nearest.place, url)), play.prefer or course)
        )
        self.target.wait(ENOUGH_SECONDS)
        arrived = self.target.receiver.of(url)
        if not arrived:
            yield Difference("", "refusal", "a callback", "none")
            return
        yield from differences(payload, parsed_json(arrived[0].body))


def _preferring(request: SentRequest, prefer: str | None) -> SentRequest:
    return request if prefer is None else replace(request, headers={**request.headers, "prefer": prefer})


def _texts(recorded: Any, actual: Any) -> Iterator[tuple[str, str]]:
    """The texts at the same places."""
    if isinstance(recorded, str) and isinstance(actual, str):
        yield recorded, actual
    elif isinstance(recorded, dict) and isinstance(actual, dict):
        for key in recorded.keys() & actual.keys():
            yield from _texts(recorded[key], actual[key])
    elif isinstance(recorded, list) and isinstance(actual, list):
        for was, now in zip(recorded, actual, strict=False):
            yield from _texts(was, now)


def _outcome_text(is_error: bool) -> str:
    return "a refusal" if is_error else "an answer"
