"""What no document forbids, by its kind: time, the account, rejections that are about neither, forms, order, facts."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from conformance.saboteurs.saboteur import Stranger, honest_contract, operation_id
from conformance.test_honest_variants import (
    EVERY,
    FAULTS,
    Variant,
    headed,
    is_media,
    now_and_then,
    outcomes_of_variant,
    paced,
    together,
    tried,
)

from mockreel.contract import Contract, ErrorRow, Operation, Price
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering, MockTarget
from mockreel.simulator.provider import Provider

FIRM = ("documented", "published")
Spans = tuple[float, float]


# -- time


def spans(change: Callable[[bool, Spans], Spans]) -> Callable[[Contract], Contract]:
    """Other seconds in each state; the first argument says whether it is the first state of a job."""

    def changed(contract: Contract) -> Contract:
        scenarios = contract.scenarios
        first = scenarios.jobs[scenarios.default].states[0]
        paces = {
            name: {state: change(state == first, span) for state, span in pace.items()}
            for name, pace in scenarios.paces.items()
        }
        return replace(contract, scenarios=replace(scenarios, paces=paces))

    return changed


def _long_queue(first: bool, span: Spans) -> Spans:
    return (span[0] * 8, span[1] * 8) if first else span


def _at_once(first: bool, span: Spans) -> Spans:
    return span if first else (0.0, 0.0)


def _uneven(_: bool, span: Spans) -> Spans:
    return span[0] * 0.1, span[1] * 4


class Irregular(Stranger):
    """Requests take more or less time, by their path, after they were answered."""

    def send(self, request: SentRequest) -> ReceivedResponse:
        response = super().send(request)
        self.wait(0.31 * (len(request.path) % 4))
        return response


# -- the account


class Limited(Stranger):
    """The account has some money, and no more."""

    def __init__(self, contract: Contract, **options: Any) -> None:
        MockTarget.__init__(self, contract, **options, balance=Decimal("1234.5"))


def _creating_operations(provider: Provider) -> list[Operation]:
    reads = provider.contract.conversation.reads
    every = (one for one in provider.contract.operations if one.method == "POST" and one.id not in reads)
    return [one for one in every if not one.admin and one.body != "form" and "{" not in one.path]


def names_taken() -> Answering:
    """The account has things from before, called as those of the contract's examples."""
    return with_a_past(names=True)


def with_a_past(*, names: bool = False) -> Answering:
    """The account has things from before: two of each that may be there twice; `names`: one of what has a name."""
    history_added: list[bool] = []

    def answer(provider: Provider, request: Request) -> Any:
        key = [pair for pair in request.headers if b"mockreel-check" in pair[1]]
        if key and not history_added:
            history_added.append(True)
            requests = Requests(provider.contract)
            for operation in _creating_operations(provider):
                good = requests.good(operation)
                if b'"slug"' in good.body and not names:  # a name that may be there once
                    continue
                headers = [*key, (b"content-type", b"application/json")]
                for _ in range(2):
                    before = Request("POST", unquote(good.path), headers, b"", good.body, request.base_url)
                    made = provider.answer(before)
                    if not isinstance(made, Response):
                        made.close()  # type: ignore[attr-defined]
        return provider.answer(request)

    return answer


def copied(every: int) -> Callable[[], Answering]:
    """Somebody else makes and begins the same things in the same account, all the time."""

    def make() -> Answering:
        requests: list[Request] = []
        count = 0

        def answer(provider: Provider, request: Request) -> Any:
            nonlocal count
            count += 1
            response = provider.answer(request)
            named = operation_id(provider, request) in {one.id for one in _creating_operations(provider)}
            own = b"mockreel-check-other" not in b"".join(value for _, value in request.headers)
            if named and own and isinstance(response, Response) and response.status < 300:
                requests.append(_without_webhook(request))
            elif requests and count % every == 0:
                provider.answer(random.Random(count).choice(requests))
            return response

        return answer

    return make


def _without_webhook(request: Request) -> Request:
    headers = [pair for pair in request.headers if pair[0] not in (b"prefer", b"idempotency-key")]
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return replace(request, headers=headers)
    body_without = {name: value for name, value in body.items() if name not in ("callback_url", "webhookUrl")}
    return replace(request, headers=headers, body=orjson.dumps(body_without))


class Renamed(Stranger):
    """The people and the accounts have other names."""

    def __init__(self, contract: Contract, **options: Any) -> None:
        MockTarget.__init__(self, contract, **options, named=" of somebody 7")


# -- forms


def signed(suffix: Callable[[int], bytes]) -> Callable[[], Answering]:
    """The address of a result is signed anew in each list."""
    count = 0
    address = re.compile(rb'(/_mockreel/media/[^"\\]*?\.\w+)(\\?")')

    def answer(provider: Provider, request: Request) -> Any:
        nonlocal count
        count += 1
        response = provider.answer(request)
        if not isinstance(response, Response) or not operation_id(provider, request).startswith("list"):
            return response
        return replace(response, body=address.sub(lambda found: found[1] + suffix(count) + found[2], response.body))

    return lambda: answer


def as_ascii(response: Response) -> Response:
    """JSON with escapes, indented, and with a newline at its end."""
    try:
        body = json.loads(response.body)
    except ValueError:
        return response
    return replace(response, body=json.dumps(body, indent=1).encode() + b"\n")


def turned() -> Answering:
    """Lists for which no order is documented are in another one."""

    def answer(provider: Provider, request: Request) -> Any:
        response = provider.answer(request)
        operation = operation_id(provider, request)
        if is_media(request) or not isinstance(response, Response) or not operation.startswith("list"):
            return response
        if operation in provider.contract.conversation.lists:
            return response
        try:
            return replace(response, body=orjson.dumps(_reversed(orjson.loads(response.body))))
        except orjson.JSONDecodeError:
            return response

    return answer


def _reversed(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _reversed(value) for name, value in body.items()}
    return body[::-1] if isinstance(body, list) and body and isinstance(body[0], dict) else body


def with_slashes() -> Answering:
    """A path may end with a slash where it is one without it."""

    def answer(provider: Provider, request: Request) -> Any:
        find, bare = provider.contract.router.find, request.path.rstrip("/")
        meant = find(request.path) is None and find(bare) is not None
        return provider.answer(replace(request, path=bare) if meant else request)

    return answer


# -- facts that nobody has stated


def in_other_words(contract: Contract) -> Contract:
    """Errors whose text is inferred say it otherwise."""

    def worded(row: ErrorRow) -> ErrorRow:
        return row if row.evidence.kind in FIRM else replace(row, message=f"It did not work out: {row.message}")

    return replace(contract, errors={name: worded(row) for name, row in contract.errors.items()})


def refused_in_other_words(contract: Contract) -> Contract:
    """Every error says what it means otherwise, and its code as it is, also where that stands in the place of words."""

    def worded(row: ErrorRow) -> ErrorRow:
        return row if row.message.isupper() else replace(row, message=f"Sorry: {row.message}")

    return replace(contract, errors={name: worded(row) for name, row in contract.errors.items()})


def on_shorter_pages() -> Answering:
    """A page has twenty entries where the request does not say how many."""

    def answer(provider: Provider, request: Request) -> Any:
        paged = provider.contract.conversation.lists.get(operation_id(provider, request))
        name = paged.limit.encode() if paged is not None and paged.limit is not None else b""
        if not name or name + b"=" in request.query:
            return provider.answer(request)
        return provider.answer(replace(request, query=b"&".join(filter(None, (request.query, name + b"=20")))))

    return answer


def at_other_prices(contract: Contract) -> Contract:
    """What has no exact price costs a fifth more."""

    def dearer(price: Price) -> Price:
        exact = price.amount is None or price.certainty == "exact"
        return price if exact else replace(price, amount=(price.amount or Decimal(0)) * Decimal("1.2"))

    return replace(
        contract,
        models={name: replace(model, price=dearer(model.price)) for name, model in contract.models.items()},
    )


FACTS = (
    Variant("ascii-json", changes=(as_ascii,), alone=True),
    Variant("behind-a-cache", changes=(headed(b"via", b"1.1 varnish"),), alone=True),
    Variant("other-words", contract=in_other_words, alone=True),
    Variant("other-prices", contract=at_other_prices, alone=True),
)
FREEDOMS = (
    *FACTS,
    together("other-facts", *FACTS),
    Variant("long-queue", contract=spans(_long_queue)),
    Variant("no-state-between", contract=spans(_at_once)),
    Variant("uneven-jobs", contract=spans(_uneven)),
    Variant("third-speed", contract=paced(3.0)),
    Variant("twentieth", contract=paced(0.05)),
    Variant("irregular-replies", kind=Irregular),
    Variant("with-a-past", answering=with_a_past),
    Variant("names-taken", ("runflow",), answering=names_taken),
    Variant("copies-of-all", answering=copied(17)),
    Variant("limited-balance", kind=Limited),
    Variant("other-people", kind=Renamed),
    Variant("often-limited", answering=now_and_then("rate-limited", 5)),
    Variant("often-unavailable", answering=now_and_then("unavailable", 7)),
    Variant("signed-in-lists", answering=signed(lambda count: b"?X-Amz-Signature=%032x" % count)),
    Variant("other-lists-turned", answering=turned),
    Variant("slashes", answering=with_slashes),
    Variant("shorter-pages", ("runflow",), answering=on_shorter_pages),
)
CASES = [pytest.param(one, name, id=f"{name}-{one.id}") for one in tried(FREEDOMS) for name in one.providers]


@pytest.mark.parametrize(("variant", "provider"), CASES)
def test_a_freedom_is_no_fault(variant: Variant, provider: str) -> None:
    """No check falls short or is doubtful, the comparison with models of the contract included."""
    outcomes = outcomes_of_variant(variant, honest_contract(provider))

    assert [(one.check, one.findings[:1] or one.error) for one in outcomes if one.verdict in FAULTS] == []


@pytest.mark.parametrize("provider", EVERY)
def test_a_refusal_in_other_words_is_doubtful_at_most(provider: str) -> None:
    """A program reads the code; what people read may be worded anew, and the comparison with models says no more."""
    outcomes = outcomes_of_variant(
        Variant("refused-in-other-words", contract=refused_in_other_words), honest_contract(provider)
    )

    assert [(one.check, one.findings[:1]) for one in outcomes if one.verdict in ("falls short", "broke")] == []
