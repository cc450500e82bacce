"""Honest servers that differ from the simulator in what no document forbids: none of them is called broken."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from conformance.saboteurs.saboteur import Stranger, honest_contract, operation_id
from support.depth import is_deep

from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering, answer_honestly
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import load_contracts
from mockreel.webhooks import MemorySender, Outgoing
from mockreel.webhooks import Outcome as Sent

EVERY = ("runflow", "aimlapi", "runninghub")
CALLING = ("runflow", "runninghub")
Change = Callable[[Response], Response]


@dataclass(frozen=True)
class Variant:
    """One honest server. `lacks` is true where it keeps some questions from being asked at all.

    `fleeting` are the checks that compare two reads of an account, and may find nothing to compare where it changes
    between them. `alone`: the gate tries it together with others, and only `nox -s deep` alone.
    """

    id: str
    providers: tuple[str, ...] = EVERY
    answering: Callable[[], Answering] = lambda: answer_honestly
    contract: Callable[[Contract], Contract] = lambda one: one
    sender: Callable[[MemorySender], MemorySender] = lambda one: one
    pause: float = 0.01
    lacks: bool = False
    fleeting: frozenset[str] = frozenset()
    kind: type[Stranger] = Stranger
    changes: tuple[Change, ...] = ()  # of every response
    alone: bool = False


def together(id: str, *variants: Variant, providers: tuple[str, ...] = EVERY) -> Variant:  # noqa: A002
    """One server with all these differences in its responses, facts and webhooks: a run takes as long as one alone."""

    def contract(one: Contract) -> Contract:
        for variant in variants:
            one = variant.contract(one)
        return one

    def sender(one: MemorySender) -> MemorySender:
        for variant in variants:
            one = variant.sender(one)
        return one

    changes = tuple(change for variant in variants for change in variant.changes)
    return Variant(id, providers, contract=contract, sender=sender, changes=changes)


def tried(variants: Iterable[Variant]) -> list[Variant]:
    """Those that have a run of their own here."""
    return [one for one in variants if is_deep() or not one.alone]


def replying(answering: Answering, changes: Iterable[Change]) -> Answering:
    """Every response is changed."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = answering(provider, request)
        for change in changes:
            if isinstance(response, Response) and not is_media(request):
                response = change(response)
        return response

    return answer


def is_media(request: Request) -> bool:
    return request.path.startswith("/_mockreel/media/")


def with_body(change: Callable[[Any], Any]) -> Change:
    """A JSON body is changed."""

    def altered(response: Response) -> Response:
        try:
            body = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            return response
        return replace(response, body=orjson.dumps(change(body), option=orjson.OPT_INDENT_2))

    return altered


def headed(name: bytes, value: bytes) -> Change:
    return lambda response: replace(
        response, headers=(*(one for one in response.headers if one[0] != name), (name, value))
    )


def charset(response: Response) -> Response:
    typed = dict(response.headers).get(b"content-type", b"")
    return headed(b"content-type", typed + b"; charset=utf-8")(response) if typed == b"application/json" else response


def now_and_then(scenario: str, every: int) -> Callable[[], Answering]:
    """Each so-many-th request gets a documented error response that has nothing to do with it."""

    def make() -> Answering:
        count = 0

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            nonlocal count
            count += 1
            found = provider.contract.router.find(request.path)
            operation = found.methods.get(request.method) if found else None
            wished = any(name == b"prefer" for name, _ in request.headers)
            if count % every or operation is None or wished or not _documents(provider, operation, scenario):
                return provider.answer(request)
            return provider.answer(
                replace(request, headers=[*request.headers, (b"prefer", f"scenario={scenario}".encode())])
            )

        return answer

    return make


def _documents(provider: Provider, operation: Any, scenario: str) -> bool:
    row = provider.contract.errors[provider.contract.scenarios.requests[scenario].row]
    own = bool(operation.key)  # what needs no key tells of the service itself, in another body
    return str(row.status) in operation.statuses and operation.body != "form" and own


def penniless() -> Answering:
    """An account that is out of credit."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        found = provider.contract.router.find(request.path)
        operation = found.methods.get(request.method) if found else None
        if operation is not None and operation.submits and not any(name == b"prefer" for name, _ in request.headers):
            poor = [*request.headers, (b"prefer", b"scenario=insufficient-credit")]
            return provider.answer(replace(request, headers=poor))
        return provider.answer(request)

    return answer


def with_older_secrets() -> Answering:
    """An account that has made two secrets before, the first of which signs."""
    made: list[bool] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if (
            not made
            and operation_id(provider, request) == "create_callback_secret"
            and b"Bearer rf_live_mockreel-check" in dict(request.headers).values()
        ):
            made.append(True)
            provider.answer(request)
            provider.answer(request)
        return provider.answer(request)

    return answer


def busy(submit: str) -> Callable[[], Answering]:
    """Somebody else begins jobs of the same account all the time."""

    def make() -> Answering:
        requests: list[Request] = []
        count = 0

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            nonlocal count
            count += 1
            response = provider.answer(request)
            own = b"mockreel-check-other" not in dict(request.headers).get(b"authorization", b"")
            if (
                operation_id(provider, request) == submit
                and isinstance(response, Response)
                and response.status < 300
                and own
            ):
                plain = [one for one in request.headers if one[0] not in (b"prefer", b"idempotency-key")]
                body = {key: one for key, one in orjson.loads(request.body).items() if key != "callback_url"}
                requests[:] = [replace(request, headers=plain, body=orjson.dumps(body))]
            elif requests and count % 7 == 0:
                provider.answer(requests[0])
            return response

        return answer

    return make


def signed_anew() -> Answering:
    """The URL of a result has another signature whenever it is shown."""
    count = 0

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        nonlocal count
        count += 1
        response = provider.answer(request)
        if isinstance(response, Response) and b"/media/" in response.body:
            for suffix in (b".mp4", b".png"):
                response = replace(
                    response, body=response.body.replace(suffix + b'"', suffix + b"?sig=%d" % count + b'"')
                )
        return response

    return answer


def headed_calls(honest: MemorySender) -> MemorySender:
    class Headed(MemorySender):
        async def send(self, message: Outgoing) -> Sent:
            return await super().send(replace(message, headers=(*message.headers, ("User-Agent", "honest/1"))))

    return Headed(honest.receiver)


def paced(factor: float) -> Callable[[Contract], Contract]:
    """Every job takes so many times as long."""

    def change(contract: Contract) -> Contract:
        paces = {
            name: {state: (low * factor, high * factor) for state, (low, high) in pace.items()}
            for name, pace in contract.scenarios.paces.items()
        }
        return replace(contract, scenarios=replace(contract.scenarios, paces=paces))

    return change


def as_documented(contract: Contract) -> Contract:
    """Jobs take as long as the documents say."""
    slow = contract.scenarios.paces["documented"]
    return replace(contract, scenarios=replace(contract.scenarios, paces={"quick": slow, "documented": slow}))


def jittered(contract: Contract) -> Contract:
    """The pauses between attempts are a little longer than stated."""
    policies = {
        name: replace(row, delays=tuple(delay * 1.08 for delay in row.delays))
        for name, row in contract.callbacks.policies.items()
    }
    return replace(contract, callbacks=replace(contract.callbacks, policies=policies))


def without_nulls(body: Any) -> Any:
    """A record without its nulls; but for that of the user, whose nulls the documentation requires."""
    if not isinstance(body, dict) or "email" in body:
        return body
    return {key: one for key, one in body.items() if one is not None}


def streamed() -> Answering:
    """A file is called a stream of bytes, as object stores do."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        typed = isinstance(response, Response) and is_media(request)
        return (
            headed(b"content-type", b"binary/octet-stream")(response)
            if typed and isinstance(response, Response)
            else response
        )

    return answer


class SlowPolls(Stranger):
    """Each poll takes most of a second, and what it says is as old as that."""

    def send(self, request: SentRequest) -> ReceivedResponse:
        response = super().send(request)
        polls = {talk.poll for talk in self.contract.conversation.jobs.values()}
        if request.operation is not None and request.operation.id in polls:
            self.wait(0.7)
        return response


def late_attempts(contract: Contract) -> Contract:
    """The attempts come two thirds of a second late, as from a busy machine."""
    policies = {
        name: replace(row, delays=tuple(delay + 0.67 for delay in row.delays))
        for name, row in contract.callbacks.policies.items()
    }
    return replace(contract, callbacks=replace(contract.callbacks, policies=policies))


COUNTS, SUMS = frozenset({"account.counts"}), frozenset({"account.sums"})
FORMS = (
    Variant(
        "extra-fields",
        changes=(with_body(lambda one: {**one, "added_later": {"a": 1}} if isinstance(one, dict) else one),),
        alone=True,
    ),
    Variant("extra-headers", changes=(headed(b"x-served-by", b"cache-1"),), alone=True),
    Variant("charset", changes=(charset,), alone=True),
    Variant("pretty-printed", changes=(with_body(lambda one: one),), alone=True),
    Variant(
        "other-order",
        changes=(with_body(lambda one: dict(reversed(one.items())) if isinstance(one, dict) else one),),
        alone=True,
    ),
)
WEBHOOKS = (
    Variant("late-attempts", CALLING, contract=late_attempts, alone=True),
    Variant("calls-with-more-headers", CALLING, sender=headed_calls, alone=True),
)
VARIANTS = (
    Variant("as-it-is"),
    *FORMS,
    *WEBHOOKS,
    together("other-forms", *FORMS),
    together("other-webhooks", *WEBHOOKS, providers=CALLING),
    Variant("slow-replies", pause=0.3, fleeting=COUNTS),
    Variant("slow-polls", kind=SlowPolls, fleeting=COUNTS),
    Variant("rate-limited", answering=now_and_then("rate-limited", 9), fleeting=COUNTS),
    Variant("unavailable-at-times", answering=now_and_then("unavailable", 11)),
    Variant("out-of-credit", answering=penniless, lacks=True),
    Variant("older-secrets", ("runflow",), answering=with_older_secrets),
    Variant("busy-account", ("runflow",), answering=busy("create_run")),
    Variant("busy-generations", ("aimlapi",), answering=busy("submit_generation"), fleeting=SUMS),
    Variant("signed-anew", answering=signed_anew),
    Variant("slow-jobs", contract=as_documented),
    Variant("half-speed", contract=paced(2.0), alone=True),
    Variant("fast-jobs", contract=paced(0.3), alone=True),
    Variant("jitter", CALLING, contract=jittered),
    Variant("stream-of-bytes", answering=streamed),
    Variant("no-nulls", ("runflow",), changes=(with_body(without_nulls),)),
)
CASES = [pytest.param(one, name, id=f"{name}-{one.id}") for one in tried(VARIANTS) for name in one.providers]


def outcomes_of_variant(variant: Variant, contract: Contract) -> list[Outcome]:
    """The outcomes of a run on somebody else's server that is this variant."""
    answering = replying(variant.answering(), variant.changes)
    target = variant.kind(variant.contract(contract), answering=answering, sender=variant.sender)
    target.pause = variant.pause
    try:
        options = CheckOptions(quick=True, budget=100_000, differential=True)
        return list(run(CheckContext(contract, target, options)))
    finally:
        target.close()


@pytest.mark.parametrize(("variant", "provider"), CASES)
def test_an_honest_server_is_not_called_broken(variant: Variant, provider: str) -> None:
    """Nothing falls short or is doubted, and everything is asked but what the account itself makes impossible."""
    outcomes = outcomes_of_variant(variant, honest_contract(provider))

    faults = [(one.check, one.verdict, one.findings[:1] or one.error) for one in outcomes if one.verdict in FAULTS]
    assert faults == []
    unchecked = [
        (one.check, one.reasons)
        for one in outcomes
        if one.verdict == "not checked" and one.check not in variant.fleeting
    ]
    assert variant.lacks == bool(unchecked), unchecked


FAULTS = ("falls short", "doubtful", "broke")


@pytest.mark.parametrize(
    ("provider", "reading"),
    [
        ("runflow", "callback-retries=any-failure"),
        ("runflow", "secret-rotation=newest"),
        ("runflow", "idempotency=nothing"),
        ("aimlapi", "usage-keys=tokens"),
        ("runninghub", "first-status=running"),
        ("runninghub", "v2-http-status=http"),
    ],
)
def test_a_server_of_another_reading_holds_under_that_reading(provider: str, reading: str) -> None:
    """With `--reading` a server that plays another reading of the docs is not called broken."""
    name, _, option = reading.partition("=")
    known = honest_contract(provider).readings[name].options
    options = {
        name: option
        if option in known
        else next(one for one in known if one != honest_contract(provider).readings[name].default)
    }
    contract = load_contracts([provider], readings=options)[provider]

    outcomes = outcomes_of_variant(Variant("other-reading"), contract)

    assert [(one.check, one.findings[:1]) for one in outcomes if one.verdict in FAULTS] == []
