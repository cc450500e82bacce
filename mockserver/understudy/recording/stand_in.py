"""The stand-in in front of a cassette: sent the same requests in process, on a held clock, with a course that fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from understudy.client.manner import JobPlaces, Manner
from understudy.client.places import text
from understudy.conformance.exchange import Ask, Told
from understudy.conformance.refusals import Refusals
from understudy.conformance.requests import Requests, placed
from understudy.conformance.target import MockTarget
from understudy.contract import Contract, Operation
from understudy.contract.conversation import JobTalk
from understudy.contract.operations import resolve
from understudy.errors import UnderstudyError
from understudy.recording.cassette import Cassette, Exchange
from understudy.recording.casting import Casting
from understudy.recording.expectation import Place, Play
from understudy.recording.phrasing import Phrases
from understudy.recording.shape import Difference, differences
from understudy.recording.validity import parsed, told_of
from understudy.webhooks.documents import Documented, documented
from understudy.webhooks.happenings import happening

# In which steps, and how far, the clock is moved until a job is in the recorded state.
STEP_SECONDS = 0.1
MOST_STEPS = 600


@dataclass
class StandIn:
    """One contract, played for one cassette. `ids` are the jobs that stand for the recorded ones."""

    contract: Contract
    cassette: Cassette
    phrases: Phrases
    plays: Mapping[int, Play] = field(default_factory=dict)
    root: Path | None = None
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
        exchange, play = self.cassette.exchanges[number], self.plays.get(number, Play())
        operation = self.phrases.operation(exchange)
        if operation is None:
            raise UnderstudyError(f"exchange {number} asks for no operation of the contract")
        recorded = told_of(exchange)
        self._cast_job(exchange, operation, recorded)
        ask = self._ask(exchange, operation, play)
        if operation.submits and not self.refusals.refused(recorded) and play.prefer is None:
            ask = _preferring(ask, self.casting.course(number))
        told = self._played(ask, operation, recorded)
        if play == Play() and self.refusals.refused(recorded) and not self._same_refusal(recorded, told, operation):
            row = self.casting.row(recorded, operation)
            told = self.target.send(_preferring(ask, f"scenario=refuse; code={row}")) if row else told
        self._remember(operation, recorded, told)
        return told

    def _ask(self, exchange: Exchange, operation: Operation, play: Play) -> Ask:
        parts = urlsplit(exchange.uri)
        headers = {"content-type": exchange.asked("content-type") or "application/json"} if exchange.body else {}
        if play.prefer is not None:
            headers["prefer"] = play.prefer
        path = parts.path if play.path is None else play.path
        body = exchange.body if play.body is None else orjson.dumps(play.body)
        for recorded, own in self.ids.items():
            path = path.replace(recorded, own).replace(quote(recorded, safe=""), own)
            body = body.replace(recorded.encode(), own.encode())
        query = self._with_own_ids(parts.query)
        return Ask(exchange.method, unquote(path), query, headers, body, operation, play.who)

    def _with_own_ids(self, query: str) -> str:
        for recorded, own in self.ids.items():
            for written in (recorded, quote(recorded, safe=""), quote(recorded)):
                query = query.replace(written, quote(own, safe=""))
        return query

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
        self._map(talk, id_, told)
        if talk.told is not None and talk.told.via == operation.id:
            self.target.wait(STEP_SECONDS * MOST_STEPS * 4)

    def _with_failing_callback(self, ask: Ask, operation: Operation) -> Ask:
        assert self.target.receiver is not None
        for row in operation.raw.get("callbacks", {}).values():
            for expression in resolve(self.contract.document, row, where=operation.id):
                place = expression.strip("{}").partition("#")[2]
                return ask.with_json(placed(ask.json, place, self.target.receiver.expect("broken")))
        return ask

    def _remember(self, operation: Operation, recorded: Told, told: Told) -> None:
        talk = self.contract.conversation.of(operation.id)
        if talk is None or self.refusals.refused(told):
            return
        id_ = text(recorded.json, self.casting.rows(talk).id)
        if id_ is not None:
            self._map(talk, id_, told)

    def _map(self, talk: JobTalk, recorded: str, told: Told) -> None:
        own = text(told.json, self.casting.rows(talk).id)
        if own is not None:
            self.ids[recorded] = own

    def _same_refusal(self, recorded: Told, told: Told, operation: Operation) -> bool:
        if not self.refusals.refused(told) or told.status != recorded.status:
            return False
        rows = (self.casting.row(one, operation) for one in (recorded, told))
        return len(set(rows)) == 1

    def _told_apart(self, recorded: Told, told: Told) -> Iterator[Difference]:
        was, now = self.refusals.refused(recorded), self.refusals.refused(told)
        if was != now:
            yield Difference("", "refusal", _said(was), f"{_said(now)} ({told.shown()[:120]})")
            return
        if recorded.status // 100 != told.status // 100:
            yield Difference("", "status", str(recorded.status), str(told.status))
        elif recorded.status != told.status:
            yield Difference("", "number", str(recorded.status), str(told.status))
        yield from differences(recorded.json, told.json)

    def _callback_differences(self, number: int) -> Iterator[Difference]:
        payload = parsed(self.cassette.callbacks[number].body)
        nearest = min(documented(self.contract), key=lambda one: len(one.wrong(payload)))
        state = self.casting.state(self._told_state(nearest, payload))
        sent = happening(
            self.contract, nearest.word(payload) or "", state=state, operation=nearest.operation.id, root=self.root
        )
        yield from differences(payload, parsed(sent.body))

    def _told_state(self, callback: Documented, payload: Any) -> str | None:
        place = callback.told.state if callback.told else None
        return text(payload, (place,)) if place else None


def _preferring(ask: Ask, prefer: str | None) -> Ask:
    return ask if prefer is None else replace(ask, headers={**ask.headers, "prefer": prefer})


def _said(refused: bool) -> str:
    return "a refusal" if refused else "an answer"
