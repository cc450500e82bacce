"""The spending limit: reserved before anything is sent, released if rejected, and never guessed."""

import gzip
import re
import socket
import zlib
from decimal import Decimal

import orjson
import pytest
from proxy.conftest import SUBMIT, FakeUpstream, PutBetween

from mockreel.contract import load_contract
from mockreel.contract.messages.message import Response
from mockreel.contract.pricing import Cost
from mockreel.proxy.spending_limit import LimitExceeded, Prices, SpendingLimit

EXACT = Cost(Decimal("0.30"), "USD", "exact")
LEAST = Cost(Decimal("0.30"), "USD", "at least")
UNKNOWN = Cost(None, "USD", "unknown")


def test_up_to_the_limit_and_no_further() -> None:
    """The last cent may be spent."""
    spending_limit = SpendingLimit(Decimal("0.60"))
    for _ in range(2):
        spending_limit.reserve(EXACT, currency="USD", name="a")

    with pytest.raises(LimitExceeded, match=r"a counts 0\.3 USD, and 0\.6 of 0\.6 USD are used up"):
        spending_limit.reserve(EXACT, currency="USD", name="a")
    assert spending_limit.refused == 1
    assert spending_limit.sums == {"USD": Decimal("0.60")}


def test_each_currency_has_the_limit_for_itself() -> None:
    """Nothing is converted."""
    spending_limit = SpendingLimit(Decimal("0.30"))
    spending_limit.reserve(EXACT, currency="USD", name="a")
    spending_limit.reserve(Cost(Decimal("0.30"), "CNY", "exact"), currency="CNY", name="b")

    assert spending_limit.counted == {"USD": Decimal("0.30"), "CNY": Decimal("0.30")}


@pytest.mark.parametrize("cost", [LEAST, UNKNOWN])
def test_a_price_that_is_not_exact_needs_an_assumption(cost: Cost) -> None:
    """Without one it is blocked; with one it counts that price, or its known part if that is higher."""
    with pytest.raises(LimitExceeded, match=r"--assume-price AMOUNT"):
        SpendingLimit(Decimal(1)).reserve(cost, currency="USD", name="a")

    assert SpendingLimit(Decimal(1), Decimal("0.5")).reserve(cost, currency="USD", name="a").counted == Decimal("0.5")
    assert SpendingLimit(Decimal(1), Decimal("0.1")).reserve(LEAST, currency="USD", name="a").counted == Decimal("0.30")


def test_without_a_limit_everything_is_counted_and_nothing_blocked() -> None:
    """Unknown prices are counted as unknown."""
    spending_limit = SpendingLimit()
    for cost in (LEAST, UNKNOWN, EXACT):
        spending_limit.reserve(cost, currency="USD", name="a")

    assert [*spending_limit.lines()] == ["Spent: at least 0.6 USD.", "Not included: 1 job of unknown price."]


def test_what_is_given_back_may_be_spent_again() -> None:
    """Sums and counts go back together."""
    spending_limit = SpendingLimit(Decimal("0.30"), Decimal("0.30"))
    spending_limit.release(spending_limit.reserve(UNKNOWN, currency="USD", name="a"))
    spending_limit.reserve(EXACT, currency="USD", name="a")

    assert (spending_limit.unknown, spending_limit.sums["USD"]) == (0, Decimal("0.30"))


@pytest.mark.parametrize("duration", ["nan", "inf", "-8", "1e400"])
def test_a_length_that_is_none_makes_no_price(duration: str) -> None:
    """What a client writes there cannot lower the sum, or spoil it."""
    contract = load_contract("runflow")
    operation = contract.operation("create_run")
    model = contract.models["google/veo3.1/lite"]

    cost = Prices(contract).cost(operation, model, {"input": {"duration": duration}})
    assert cost == UNKNOWN


def test_what_the_limit_blocks_never_reaches_the_provider(put_between: PutBetween, provider: FakeUpstream) -> None:
    """A 402 that says that it comes from the proxy, as a problem and with the mock server's mark."""
    between = put_between(limit=Decimal("0.25"), assumed=Decimal("0.20"))
    assert between.submit().status_code == 201
    refused = between.submit()

    assert refused.status_code == 402
    assert refused.headers["content-type"] == "application/problem+json"
    assert "mockreel-version" in refused.headers
    assert refused.json()["detail"].startswith("Not sent by the proxy: create_run counts 0.2 USD, and 0.2 of 0.25 USD")
    assert len(provider.received) == 1
    assert f"runflow POST {SUBMIT} was not sent: " in "\n".join(between.output)
    assert "The limit of 0.25 counts 0.2 USD; it blocked 1 request." in between.output


def test_what_costs_nothing_passes_when_all_is_spent(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Polls, lists and cancellations."""
    between = put_between(limit=Decimal(0))
    assert between.send("GET", "/v1/billing/balance").status_code == 200
    assert between.send("POST", "/v1/callback-secrets", {"label": "x"}).status_code == 201
    assert between.submit().status_code == 402
    assert len(provider.received) == 2


@pytest.mark.parametrize(
    ("path", "body", "reported"),
    [
        ("/v1/models/google/veo3.1/lite/batches", {"input": [{"prompt": "a"}] * 3}, "may start several jobs"),
        ("/v1/some/new/way", {}, "is unknown"),
        (SUBMIT, b"[" * 2000, "larger than 1,000 bytes"),
    ],
)
def test_what_cannot_be_counted_is_blocked_under_a_limit(
    put_between: PutBetween, provider: FakeUpstream, path: str, body: object, reported: str
) -> None:
    """Several jobs at once, an unknown operation, a body that is too large to read."""
    between = put_between(limit=Decimal(10), most_body=1000)
    response = between.send("POST", path, body)

    assert response.status_code == 402
    assert reported in response.json()["detail"]
    assert provider.received == []


@pytest.mark.parametrize(("status", "given_back"), [(422, True), (402, True), (503, False), (201, False)])
def test_only_a_clear_error_response_releases_the_money(
    put_between: PutBetween, provider: FakeUpstream, status: int, given_back: bool
) -> None:
    """Where a gateway gives up, the job may exist."""
    between = put_between()
    provider.tamper = lambda _, response: Response(status, orjson.dumps({"code": "X"}), response.headers)
    between.submit()

    assert (between.spending_limit.sums["USD"] == 0) == given_back
    assert between.spending_limit.uncertain == (status == 503)


def test_an_error_response_in_a_body_releases_the_money(put_between: PutBetween, provider: FakeUpstream) -> None:
    """RunningHub sends errors with 200."""
    between = put_between(name="runninghub")
    body = {"taskId": "", "errorCode": "1001", "errorMessage": "no"}
    provider.tamper = lambda *_: Response(200, orjson.dumps(body), ((b"content-type", b"application/json"),))
    between.send("POST", "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video", {"prompt": "a", "duration": "4"})

    assert not any(between.spending_limit.sums.values())
    assert between.spending_limit.unknown == 0


def _packed(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(body)
    return zlib.compress(body) if coding == "deflate" else b"\x01" + body


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_is_priced_and_checked_decoded(
    put_between: PutBetween, provider: FakeUpstream, coding: str
) -> None:
    """It is forwarded unchanged."""
    between = put_between(limit=Decimal(1), assumed=Decimal("0.20"))
    accepted = between.submit()
    between = put_between(limit=Decimal(1), assumed=Decimal("0.20"))
    provider.tamper = lambda _, response: Response(201, accepted.content, ((b"content-type", b"application/json"),))
    packed = _packed(orjson.dumps({"input": {"prompt": "a paper boat", "duration": "9s"}}), coding)
    between.send("POST", SUBMIT, packed, content_encoding=coding)

    assert provider.received[-1].body == packed
    assert "/input/duration" in between.violations[0]
    assert between.spending_limit.counted["USD"] >= Decimal("0.20")


def test_a_body_in_an_unknown_coding_is_blocked_by_a_limit(put_between: PutBetween, provider: FakeUpstream) -> None:
    """With the reason; without a limit it passes, and is counted as unchecked."""
    between = put_between(limit=Decimal(1), assumed=Decimal("0.20"))
    refused = between.send("POST", SUBMIT, _packed(b"{}", "br"), content_encoding="br")

    assert refused.status_code == 402
    assert "'br'" in refused.json()["detail"]
    assert provider.received == []


BOMB = gzip.compress(b'{"input": "' + b"a" * 9_000_000 + b'"}')


@pytest.mark.parametrize(
    ("body", "coding", "says"),
    [
        (BOMB, "gzip", rf"{len(BOMB):,} bytes of gzip, and more than 4,194,304 bytes without it, which is the most"),
        (
            zlib.compress(b" " * 9_000_000),
            "deflate",
            r"[\d,]+ bytes of deflate, and more than 4,194,304 bytes",
        ),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", r"packed 2 times \('gzip, gzip'\)"),
        (gzip.compress(gzip.compress(b"{}")), "gzip", "packed twice: without its gzip it begins as gzip does"),
        (gzip.compress(b"{}")[:-6], "gzip", "cut off: it ends before its gzip does"),
        (b"[true]", "gzip", "not gzip, as its Content-Encoding says"),
        (b"{}", "zstd", "packed as 'zstd'; gzip and deflate can be read here"),
    ],
    ids=["bomb", "deflate-bomb", "twice", "twice-told-once", "cut", "plain", "zstd"],
)
def test_a_body_that_cannot_be_read_is_told_as_what_it_is(
    put_between: PutBetween, provider: FakeUpstream, body: bytes, coding: str, says: str
) -> None:
    """With a limit it is not sent, and the message says what to do; without one it passes, and the sums say why."""
    between = put_between(limit=Decimal(1), assumed=Decimal("0.20"))
    refused = between.send("POST", SUBMIT, body, content_encoding=coding)
    told = rf"is {says}.*, so its price cannot be counted\. Send it smaller and without"
    assert refused.status_code == 402
    assert re.search(told, refused.json()["detail"])
    assert provider.received == []

    between = put_between()
    between.send("POST", SUBMIT, body, content_encoding=coding)
    assert provider.received[-1].body == body
    told = rf"1 exchange could not be checked fully: the request's body is {says}"
    assert re.search(told, "\n".join(between.output))


def test_a_request_that_never_went_whole_uses_nothing_up(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Its body was shorter than declared: it was not accepted, and the next request passes."""
    between = put_between(limit=Decimal("0.25"), assumed=Decimal("0.20"))
    port = int(between.proxy.urls["runflow"].rpartition(":")[2])
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            head = f"POST {SUBMIT} HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\nContent-Type: application/json\r\n"
            wire.sendall(head.encode() + b"\r\n" + b'{"input": {"prompt": "a"}}')
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(4096):
                pass
    assert between.submit().status_code == 201
    assert between.spending_limit.counted == {"USD": Decimal("0.20")}


@pytest.mark.parametrize("offer", ["h2c", "websocket", "anything/1"])
def test_an_offer_to_upgrade_is_ignored(put_between: PutBetween, provider: FakeUpstream, offer: str) -> None:
    """RFC 9110 7.8: the body is forwarded, the offer is not, and the price is counted once."""
    between = put_between(limit=Decimal("0.25"), assumed=Decimal("0.20"))
    body = orjson.dumps({"input": {"prompt": "a paper boat", "duration": "4s"}})
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": offer, "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA"}
    answer = between.send("POST", SUBMIT, body, **upgrade)

    assert answer.status_code == 201
    assert provider.received[0].body == body
    assert not {"upgrade", "http2-settings"} & {name.lower() for name in provider.received[0].headers}
    assert between.spending_limit.counted == {"USD": Decimal("0.20")}
