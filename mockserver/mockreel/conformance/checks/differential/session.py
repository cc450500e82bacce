"""One session over every operation of a contract: what is made is read, changed, listed and removed, at every bound."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from mockreel.conformance.checks.differential.request_variants import RequestVariants
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest, Who

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

SESSION = "model.session"
# So many requests are sent in each part of the session with --quick, so that every operation has some of them: so many
# variants of each, and so many lists and records that are read again after a change.
MOST, FEW, FEW_AGAIN = 350, 2, 2
READ_AGAIN = 5


class Session:
    """Asks; what came is compared elsewhere."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._variants = RequestVariants(context)
        self._left = min(MOST if context.options.quick else 100 * MOST, context.most.get(SESSION, 100 * MOST))
        self.unsent = 0
        self._bases: dict[str, SentRequest] = {}
        contract = context.contract
        secret, batch = contract.conversation.secret, contract.conversation.batch
        self._apart = {secret.operation, secret.promote, secret.remove} if secret is not None else set()
        self._begins = {submit.id for _, submit in context.submits()} | {
            one.id for one in contract.operations if one.submits
        }
        self._begins |= {str(batch.given["operation"])} if batch is not None else set()

    def things(self) -> int:
        """Everything that needs no job; gives how many requests were sent."""
        before = len(self._context.log)
        last_round = before
        for operation in self._operations_in_order():
            if operation.model is None or self._reads(operation):
                base = self._created_thing(operation, last_round) or self._plain(operation)
                if base is not None:
                    self._exercise(operation, base)
        return len(self._context.log) - before

    def jobs(self) -> int:
        """What leads on from jobs that have ended."""
        before = len(self._context.log)
        self._left = min(max(self._left, MOST), self._context.most.get(SESSION, 100 * MOST))
        for trace in self._ended_jobs():
            for operation in self._operations_in_order():
                if operation.id in self._begins:
                    continue
                exchanges = [(trace.request, trace.response)]
                exchanges += [(trace.poll, poll.response) for poll in trace.polls[-1:] if trace.poll is not None]
                base = self._link_request(operation, exchanges) or self._alike(operation, trace.poll)
                if base is not None:
                    self._exercise(operation, base)
        return len(self._context.log) - before

    def _ended_jobs(self) -> Iterator[Any]:
        """Two jobs of each submit that came to their end by themselves, one with --quick."""
        counts: dict[str, int] = {}
        for trace in self._context.jobs.traces():
            if trace.ended and trace.scenario is None:
                counts[trace.talk.name] = counts.get(trace.talk.name, 0) + 1
                if counts[trace.talk.name] <= (1 if self._context.options.quick else 2):
                    yield trace

    def _operations_in_order(self) -> list[Operation]:
        """What makes something before what reads it, and what removes it last."""
        rank = {"DELETE": 2, "GET": 1}
        return sorted(
            (one for one in self._context.contract.operations if one.id not in self._apart),
            key=lambda one: rank.get(one.method, 0),
        )

    def _reads(self, operation: Operation) -> bool:
        return operation.method == "GET" or operation.id in self._context.contract.conversation.reads

    def _plain(self, operation: Operation) -> SentRequest | None:
        """A request that needs nothing to be there."""
        if operation.body in ("form", "bytes"):
            return None
        names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
        models = self._context.contract.models
        if names and len(names) == 1 and names[0] in operation.many and models:
            model = next((one for one in models.values() if not one.routes), next(iter(models.values())))
            return self._context.requests.good(operation, params={names[0]: model.id})
        return self._context.requests.good(operation)

    def _created_thing(self, operation: Operation, since: int) -> SentRequest | None:
        """The request to which something leads that was made in this session, by itself or by what it made."""
        own = [
            pair for pair in self._context.log[since:] if pair[0].operation and pair[0].operation.id not in self._begins
        ]
        return self._link_request(operation, reversed(own))

    def _link_request(
        self, operation: Operation, exchanges: Iterable[tuple[SentRequest, ReceivedResponse]]
    ) -> SentRequest | None:
        context = self._context
        for request, response in exchanges:
            if request.operation is None or context.error_detector.refused(response):
                continue
            link = context.links.find(request.operation, response, operation.id)
            if link is not None:
                return context.links.follow(link, request, response)
        return None

    def _alike(self, operation: Operation, poll: SentRequest | None) -> SentRequest | None:
        """A further way to read a job: with the same parameter as its poll."""
        if poll is None or poll.operation is None or not self._reads(operation):
            return None
        values = {**dict(parse_qsl(poll.query)), **(poll.json if isinstance(poll.json, Mapping) else {})}
        keys = {place.name for place in poll.operation.key}
        good = self._context.requests.good(operation)
        query = dict(parse_qsl(good.query))
        if set(query) & set(values):
            return replace(good, query=urlencode({**query, **{name: values[name] for name in query if name in values}}))
        body = good.json
        if isinstance(body, Mapping) and (shared := set(body) & set(values) - keys):
            return good.with_json({**body, **{name: values[name] for name in shared}})
        return None

    def _exercise(self, operation: Operation, base: SentRequest) -> None:
        """An operation at its bounds, then as it is meant to be, twice; and what shows it again."""
        if operation.admin:
            if "admin" not in self._context.target.keys.of:
                return
            base = replace(base, who="admin")
        begins = operation.id in self._begins
        for who in self._strangers(operation):
            self._send(replace(base, who=who))
        if self._reads(operation):
            self._bases[operation.id] = base
            self._send(base)
        variants = list(self._variants.of(operation, base, refused_only=begins))
        draw = random.Random(f"{self._context.options.seed} {operation.id}")
        sample = draw.sample(variants, min(FEW, len(variants))) if self._context.options.quick else variants
        for variant in sample:
            self._send(variant)
        if not self._reads(operation) and not begins:
            self._send(base)
            self._send(base)
            for again in self._shows(operation):
                self._send(again)

    def _strangers(self, operation: Operation) -> list[Who]:
        """Whose keys an operation was not asked with yet, which it must not take."""
        known = {sent.who for sent, _ in self._context.log if sent.operation is operation}
        strangers: tuple[Who, ...] = ("nobody", "invalid")
        return [who for who in strangers if operation.key and who not in known]

    def _shows(self, operation: Operation) -> list[SentRequest]:
        """The reads beside a change: of the same thing, and of the list that it stands in."""
        parent, _, named = operation.path.partition("/{")
        parent = parent if named else parent.rpartition("/")[0]
        found = [
            request
            for request in self._bases.values()
            if request.operation is not None and request.operation.path.startswith(parent)
        ]
        linked = [
            request
            for one in self._context.contract.operations
            if self._reads(one) and (request := self._link_request(one, reversed(self._context.log[-8:]))) is not None
        ]
        return [*linked, *found][: FEW_AGAIN if self._context.options.quick else READ_AGAIN]

    def _send(self, request: SentRequest) -> None:
        if self._left <= 0:
            self.unsent += 1
            return
        self._left -= 1
        self._context.try_send(request)
        self._context.judged()
