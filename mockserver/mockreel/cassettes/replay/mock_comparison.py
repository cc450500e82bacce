"""The stand-in in front of a cassette: sent the same requests in process, on a held clock, with a course that fits."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from mockreel.cassettes.cassette import Cassette, Exchange
from mockreel.cassettes.contract_check import parsed, told_of
from mockreel.cassettes.expectation import Place, Play
from mockreel.cassettes.replay.json_shape import Difference, differences
from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.cassettes.replay.scenario_inference import Casting
from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.error_detection import Refusals
from mockreel.contract.exchanges.exchange import Ask, Told
from mockreel.contract.exchanges.pointers import text
from mockreel.contract.exchanges.request_builder import Requests, placed
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
class StandIn:
    """One contract, played for one cassette. `ids` has the stand-in's ids by the recorded ones."""

    contract: Contract
    cassette: Cassette
    phrases: Phrases
    plays: Mapping[Place, Play] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.contract)
        self.casting = Casting(self.contract, self.phrases, self.cassette.exchanges)
        self.requests = Requests(self.contract)
        self.target = MockTarget(self.contract)

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None:
        self.target.close()

    def differences(self, place: Place) -> Iterator[Difference]:
        """In what the stand-in's answer is shaped otherwise than the recorded one."""
        if place.kind == "callback":
            return self._callback_differences(place.number)
        recorded = told_of(self.cassette.exchanges[place.number])
        return self._told_apart(recorded, self.play(place.number))

    def play(self, number: int) -> Told:
        """The stand-in's reply to a recorded request."""
        exchange = self.cassette.exchanges[number]
        play = self.plays.get(Place("exchange", number), Play())
        operation = self.phrases.operation(exchange)
        if operation is None:
            raise MockreelError(f"exchange {number} asks for no operation of the contract")
        recorded = told_of(exchange)
        self._cast_job(exchange, operation, recorded)
        self.target.wait(play.wait)
        ask = self._ask(exchange, operation, play)
        if operation.submits and not self.refusals.refused(recorded) and play.prefer is None:
            ask = _preferring(ask, self.casting.course(number))
        told = self._played(ask, operation, recorded)
        if play == Play() and self.refusals.refused(recorded) and not self._same_refusal(recorded, told, operation):
            row = self.casting.row(recorded, operation)
            told = self.target.send(_preferring(ask, f"scenario=refuse; code={row}")) if row else told
        self._remember(number, recorded, told)
        return told

    def _ask(self, exchange: Exchange, operation: Operation, play: Play) -> Ask:
        parts = urlsplit(exchange.uri)
        left_out = {*_UNSENT, *(place.name.lower() for place in operation.key)}
        headers = {name.lower(): self._own(value) for name, value in exchange.headers if name.lower() not in left_out}
        if play.prefer is not None:
            headers["prefer"] = play.prefer
        path = parts.path if play.path is None else play.path
        body = exchange.body if play.body is None else orjson.dumps(play.body)
        for recorded, own in self.ids.items():
            body = body.replace(recorded.encode(), own.encode())
        query = self._own(parts.query, written=lambda own: quote(own, safe=""))
        return Ask(exchange.method, unquote(self._own(path)), query, headers, body, operation, play.who)

    def _own(self, text_: str, *, written: Callable[[str], str] = str) -> str:
        """A text with the stand-in's ids in place of the recorded ones, however these are encoded."""
        for recorded, own in self.ids.items():
            for form in (recorded, quote(recorded, safe=""), quote(recorded)):
                text_ = text_.replace(form, written(own))
        return text_

    def _played(self, ask: Ask, operation: Operation, recorded: Told) -> Told:
        """The reply; of a poll the one at which the job is as it was when it was recorded."""
        told = self.target.send(ask)
        rows = self.casting.rows_polled(operation)
        if rows is None or self.refusals.refused(recorded):
            return told
        wanted = text(recorded.json, rows.state)
        for _ in range(MOST_STEPS):
            word = text(told.json, rows.state)
            if word == wanted or self.casting.kind(word) != "pending":
                break
            self.target.wait(STEP_SECONDS)
            told = self.target.send(ask)
        return told

    def _cast_job(self, exchange: Exchange, operation: Operation, recorded: Told) -> None:
        """Begin a job for one that the cassette asks about, but did not begin."""
        id_ = self.phrases.job(exchange)
        if id_ is None or id_ in self.ids or self.refusals.refused(recorded):
            return
        talk = self.casting.talk_about(operation)
        begins = self.contract.operation(talk.submits[0])
        ask = self.requests.good(begins)
        if talk.told is not None and talk.told.via == operation.id:
            ask = self._with_failing_callback(ask, begins)
        told = self.target.send(_preferring(ask, self.casting.course_of(id_)))
        own = text(told.json, self.casting.rows(talk).id)
        self.ids |= {id_: own} if own is not None else {}
        if talk.told is not None and talk.told.via == operation.id:
            self.target.wait(ENOUGH_SECONDS)

    def _with_failing_callback(self, ask: Ask, operation: Operation) -> Ask:
        assert self.target.receiver is not None
        place = next((one.place for one in documented(self.contract) if one.operation is operation), None)
        return ask.with_json(placed(ask.json, place, self.target.receiver.expect("broken"))) if place else ask

    def _remember(self, number: int, recorded: Told, told: Told) -> None:
        """Which id stands for which: texts at the same place, where a later request has the recorded one."""
        later = "\n".join(
            f"{one.uri}\n{one.headers}\n{one.body.decode('utf-8', 'replace')}"
            for one in self.cassette.exchanges[number + 1 :]
        )
        pairs = [*_texts(recorded.json, told.json), (recorded.headers.get("etag"), told.headers.get("etag"))]
        for was, now in pairs:
            if was and now and was != now and len(was) >= SHORTEST_ID and (was in later or quote(was, "") in later):
                self.ids[was] = now

    def _same_refusal(self, recorded: Told, told: Told, operation: Operation) -> bool:
        if not self.refusals.refused(told) or told.status != recorded.status:
            return False
        rows = (self.casting.row(one, operation) for one in (recorded, told))
        return len(set(rows)) == 1

    def _told_apart(self, recorded: Told, told: Told) -> Iterator[Difference]:
        was, now = self.refusals.refused(recorded), self.refusals.refused(told)
        if was != now:
            yield Difference("", "refusal", _said(was), f"{_said(now)} ({told.shown()})")
            return
        if recorded.status // 100 != told.status // 100:
            yield Difference("", "status", str(recorded.status), str(told.status))
        elif recorded.status != told.status:
            yield Difference("", "number", str(recorded.status), str(told.status))
        yield from differences(recorded.json, told.json)

    def _callback_differences(self, number: int) -> Iterator[Difference]:
        """The stand-in's callback of a job that ends as the recorded one did."""
        payload = parsed(self.cassette.callbacks[number].body)
        nearest = min(documented(self.contract), key=lambda one: len(one.wrong(payload)))
        play = self.plays.get(Place("callback", number), Play())
        assert self.target.receiver is not None
        ask = self.requests.good(nearest.operation)
        ask = ask if play.path is None else replace(ask, path=play.path)
        ask = ask if play.body is None else ask.with_json(play.body)
        url = self.target.receiver.expect(200)
        told_state = nearest.told.state if nearest.told else None
        course = self.casting.scenario(text(payload, (told_state,)) if told_state else None, payload)
        self.target.send(_preferring(ask.with_json(placed(ask.json, nearest.place, url)), play.prefer or course))
        self.target.wait(ENOUGH_SECONDS)
        arrived = self.target.receiver.of(url)
        if not arrived:
            yield Difference("", "refusal", "a callback", "none")
            return
        yield from differences(payload, parsed(arrived[0].body))


def _preferring(ask: Ask, prefer: str | None) -> Ask:
    return ask if prefer is None else replace(ask, headers={**ask.headers, "prefer": prefer})


def _texts(recorded: Any, told: Any) -> Iterator[tuple[str, str]]:
    """The texts that stand at the same places."""
    if isinstance(recorded, str) and isinstance(told, str):
        yield recorded, told
    elif isinstance(recorded, dict) and isinstance(told, dict):
        for key in recorded.keys() & told.keys():
            yield from _texts(recorded[key], told[key])
    elif isinstance(recorded, list) and isinstance(told, list):
        for was, now in zip(recorded, told, strict=False):
            yield from _texts(was, now)


def _said(refused: bool) -> str:
    return "a refusal" if refused else "an answer"
