"""What is sent in the bench: requests made from each provider's own demo script, so that no provider is known here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from mockreel.contract import pointers
from mockreel.contract.conversation.demo_jobs import Act, Exchange, filled, read_script

KEY = "bench"
# How many jobs the polls rotate over.
JOBS = 300
# Aims as parts of a bare app's speed.
AIMS: Mapping[str, float] = {"submit": 0.7, "poll": 1.0, "invalid submit": 0.55}


@dataclass(frozen=True, slots=True)
class Case:
    """One sort of request as raw HTTP, with a sample of its response."""

    provider: str
    name: str
    requests: tuple[bytes, ...]
    sample: bytes

    @property
    def title(self) -> str:
        return f"{self.provider} {self.name}"


def first_act(provider: str, *, callback: bool = False) -> Act | None:
    """The first job of a provider's script that is polled (and has a webhook, if requested), or None."""
    acts = read_script(provider).acts
    return next((act for act in acts if act.poll is not None and (act.callback or not callback)), None)


def cases(provider: str, url: str, control: str) -> list[Case]:
    """The cases of one served provider; jobs to poll are submitted on the way."""
    act = first_act(provider)
    if act is None or act.poll is None:
        return []
    valid = Exchange(act.submit.method, act.submit.path, without_callback(act.submit.body))
    invalid = Exchange(valid.method, valid.path, broken(act, valid.body))
    with httpx2.Client(base_url=url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        finished = [submit(client, act, valid) for _ in range(JOBS)]
        httpx2.post(f"{control}/_mockreel/clock/advance", json={"seconds": 3600}, trust_env=False).raise_for_status()
        pending = [submit(client, act, valid) for _ in range(JOBS)]
        made = {
            "submit": [valid],
            "poll": [polled(act.poll, id_) for id_ in pending],
            "invalid submit": [invalid],
            "poll when done": [polled(act.poll, id_) for id_ in finished],
        }
        return [
            Case(provider, name, tuple(raw(url, one) for one in some), ask(client, some[0]))
            for name, some in made.items()
        ]


def submit(client: httpx2.Client, act: Act, exchange: Exchange) -> str:
    """Submit a job; its id."""
    reply = ask(client, exchange)
    id_ = pointers.value(orjson.loads(reply), act.id or "")
    if not id_:
        raise SystemExit(f"{act.provider} has not accepted the bench's submit: {reply.decode()}")
    return str(id_)


def ask(client: httpx2.Client, exchange: Exchange) -> bytes:
    """The body of the response to one exchange."""
    content = b"" if exchange.body is None else orjson.dumps(exchange.body)
    return client.request(
        exchange.method, exchange.path, content=content, headers={"content-type": "application/json"}
    ).content


def polled(exchange: Exchange, id_: str) -> Exchange:
    """The poll of one job."""
    words = {"id": id_}
    return Exchange(exchange.method, filled(exchange.path, words), filled(exchange.body, words))


def without_callback(body: Any) -> Any:
    """A submit's body without a callback."""
    if isinstance(body, Mapping):
        return {name: without_callback(value) for name, value in body.items() if value != "$callback"}
    return body


def broken(act: Act, body: Any) -> Any:
    """The body with three fields of the model's input, if it has so many, of a type that nothing admits."""
    names = [name for name, value in pointers.value(body, act.input).items() if value != act.model]
    return _with(body, act.input.split("/")[1:], names[:3])


def _with(body: Any, steps: list[str], names: Iterable[str]) -> Any:
    if steps:
        return {**body, steps[0]: _with(body[steps[0]], steps[1:], names)}
    return {**body, **{name: {} for name in names}}


def raw(url: str, exchange: Exchange) -> bytes:
    """An exchange as bytes on the wire."""
    head = [
        f"{exchange.method} {exchange.path} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        f"Authorization: Bearer {KEY}",
    ]
    body = b"" if exchange.body is None else orjson.dumps(exchange.body)
    if exchange.body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body
