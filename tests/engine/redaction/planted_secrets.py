"""Secrets of many kinds, every place of a request for one, and everything that a mock server shows."""

import asyncio
import base64
import contextlib
import html
import json
import random
import re
import string
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import httpx2
import orjson
from starlette.testclient import TestClient
from support.caller import START

from mockreel.contract import Operation
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.server.app import ByPrefix, simulator_app
from mockreel.server.http.origin import LOOPBACK_NAMES
from mockreel.server.log import Lines, Records
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender

# A callback may be recognised by an id in its path; that is no secret.
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WORD = string.ascii_letters + string.digits


def _drawn(draw: random.Random, signs: str, size: int) -> str:
    return "".join(draw.choice(signs) for _ in range(size))


# What any client may have for a key, by its kind.
KINDS: Mapping[str, Any] = {
    "letters and digits": lambda draw: _drawn(draw, WORD, 24),
    "small hex": lambda draw: _drawn(draw, "0123456789abcdef", 32),
    "long hex": lambda draw: _drawn(draw, "0123456789abcdef", 64),
    "base64": lambda draw: base64.b64encode(draw.randbytes(33)).decode(),
    "base64 with padding": lambda draw: base64.b64encode(b"\xff\xfe" + draw.randbytes(20)).decode(),
    "base64 for URLs": lambda draw: base64.urlsafe_b64encode(draw.randbytes(33)).decode(),
    "of Runflow": lambda draw: f"rf_live_{_drawn(draw, WORD, 28)}",
    "sk-": lambda draw: f"sk-proj-{_drawn(draw, WORD, 32)}",
    "of a cloud": lambda draw: f"AKIA{_drawn(draw, string.ascii_uppercase + string.digits, 16)}",
    "of GitHub": lambda draw: f"ghp_{_drawn(draw, WORD, 36)}",
    "JWT": lambda draw: ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256"}', b'{"sub":"%d"}' % draw.getrandbits(60), draw.randbytes(32))
    ),
    "signing": lambda draw: f"whsec_{base64.b64encode(draw.randbytes(24)).decode()}",
    "with signs": lambda draw: _drawn(draw, "aZ9", 4) + _drawn(draw, "!$%&()*+,-./:;=@_~", 3) + _drawn(draw, WORD, 10),
    "with quotes": lambda draw: _drawn(draw, WORD, 6) + "\"'\\<&>" + _drawn(draw, WORD, 8),
    "UUID": lambda draw: "-".join(_drawn(draw, "0123456789abcdef", size) for size in (8, 4, 4, 4, 12)),
    "with accents": lambda draw: _drawn(draw, WORD, 6) + "éß漢" + _drawn(draw, WORD, 8),
    "eight signs": lambda draw: _drawn(draw, string.ascii_letters, 5) + _drawn(draw, string.digits, 3) + "x",
}

# URLs that are not well-formed, and have a password all the same.
WRONG_FORMS = (
    *("me:{}@127.0.0.1:9/hook", "//me:{}@127.0.0.1:9/hook", "http:/me:{}@127.0.0.1:9/hook"),
    *(
        r"http:\\me:{}@127.0.0.1:9/hook",
        "http:me:{}@127.0.0.1:9/hook",
        "http:///me:{}@127.0.0.1:9",
        "me:{}@host.example/a",
    ),
)


def generated(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Kinds and secrets, one kind after the other; the same ones for the same seed."""
    draw = random.Random(seed)
    names = list(KINDS)
    for number in range(count):
        kind = names[number % len(names)]
        yield kind, KINDS[kind](draw)


@dataclass
class Rig:
    """One provider on a paused clock with everything that shows what happened."""

    simulator: Simulator
    client: TestClient
    name: str

    @property
    def part(self) -> Any:
        return self.simulator.provider(self.name)

    def send(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> int:
        """Send one request unchanged; returns the status."""
        path, _, query = target.partition("?")
        pairs = [(name.lower().encode("latin-1"), value.encode("utf-8")) for name, value in headers]
        made = Request(method, unquote(path), pairs, query.encode(), body, "http://127.0.0.1:8700")
        answer = self.part.answer(made)
        return (answer if isinstance(answer, Response) else asyncio.run(_awaited(answer))).status

    def journal(self) -> list[dict[str, Any]]:
        """What the control API shows of every exchange, oldest first."""
        rows = self.client.get("/_mockreel/journal?bodies=true&order=oldest&limit=10000").json()["entries"]
        return list(rows)

    def shown(self) -> dict[str, str]:
        """Everything that any outlet shows, by what it is called; each place is read as it is and decoded."""
        own = "/_mockreel/"
        paths = ["journal?bodies=true&limit=10000", "journal/har", "journal/attempts?limit=10000", "journal/changes"]
        paths += ["", "jobs?limit=10000", "deliveries?limit=10000", "balances", "rules", "snapshot"]
        paths += [f"jobs/{self.name}/{quote(job.id, safe='')}" for job in self.part.jobs]
        paths += ["page/", "page/journal", "page/deliveries", "page/accounts", "page/rules"]
        paths += [f"page/jobs/{self.name}/{quote(job.id, safe='')}" for job in self.part.jobs]
        paths += [f"page/journal/{number}" for number, _ in self.simulator.journal.numbered()]
        found = dict(zip(paths, asyncio.run(self._read([own + path for path in paths])), strict=True))
        news = self.simulator.events.since(0).events
        found["log"] = "\n".join(Lines().line(event) for event in news)
        found["log as JSON"] = "\n".join(Records().line(event) for event in news)
        found["entries"] = "\n".join(repr((entry, entry.read())) for entry in self.simulator.journal)
        return found

    def quick(self) -> dict[str, str]:
        """Only the log and the journal, as written during requests."""
        news = self.simulator.events.since(0).events
        return {
            "log": "\n".join(Lines().line(event) for event in news),
            "log as JSON": "\n".join(Records().line(event) for event in news),
            "journal": json.dumps(self.journal(), ensure_ascii=False),
        }

    async def _read(self, paths: list[str]) -> list[str]:
        """Each path, without the test client's thread."""
        texts = []
        transport = httpx2.ASGITransport(self.client.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
            for path in paths:
                answer = await client.get(path, headers={"accept": "text/html" if "page" in path else "*/*"})
                assert answer.status_code == 200, (path, answer.text)
                texts.append(answer.text)
        return texts


async def _awaited(answer: Awaitable[Response]) -> Response:
    return await answer


@contextlib.contextmanager
def rig(name: str) -> Iterator[Rig]:
    """A provider that accepts any key, and whose callbacks fail."""
    simulator = build_simulator(
        load_contracts([name]),
        clock=Clock(start=START, held=True),
        accept_any_key=True,
        settings=Settings(wait_timeout=0.0),
        sender=MemorySender(receiver=lambda _: 500),
    )
    provider = next(iter(simulator.providers.values()))
    app = simulator_app(simulator, ByPrefix(simulator), hosts=LOOPBACK_NAMES)
    with TestClient(app, base_url="http://127.0.0.1:8700") as client:
        simulator.events.since(0)
        yield Rig(simulator, client, provider.name)


@dataclass(frozen=True)
class Plant:
    """One request with a secret in it; `needed`: a snapshot must contain it to deliver."""

    place: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    needed: bool = False


class Planter:
    """Puts a secret into every place of the requests of one provider."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        contract = rig.part.contract
        self._requests = Requests(contract)
        self._contract = contract
        seen: dict[str, Operation] = {}
        for operation in contract.operations:
            seen.setdefault(operation.id, operation)
        self.operations = list(seen.values())

    def as_key(self, operation: Operation, secret: str) -> Iterator[Plant]:
        """The secret is the client's key, at its place and at another one."""
        place = operation.key[0] if operation.key else None
        own = [("authorization", f"Bearer {secret}")]
        if place is not None and place.kind == "header":
            own = [(place.name, f"{place.scheme} {secret}".strip())]
        for one in self._anywhere(operation, secret, own):
            body = one.body
            if place is not None and place.kind == "body" and one.body.startswith(b"{") and "JSON" not in one.place:
                body = orjson.dumps({**orjson.loads(one.body), place.name: secret})
            yield replace(one, body=body)

    def as_stranger(self, operation: Operation, secret: str, key: str) -> Iterator[Plant]:
        """The secret is at a place for secrets other than keys; the client has another key."""
        request = self._requests.good(operation)
        own = self.own(operation, key)
        path, query = request.path, request.query
        kind = [("content-type", request.headers.get("content-type", "application/json"))]

        def target(more: str = "") -> str:
            both = "&".join(part for part in (query, more) if part)
            return f"{path}?{both}" if both else path

        whole = quote(secret, safe="")
        echo = self._with(request, {"prompt": f"a boat {secret} at sea", "seen": [secret]})
        for name in ("api_key", "apiKey", "token", "access_token", "X-Amz-Signature", "sig", "password", "key"):
            yield Plant(f"query {name}", request.method, target(f"{name}={whole}"), own + kind, echo)
        for name in ("x-api-key", "cookie", "proxy-authorization", "x-auth-token", "x-goog-api-key"):
            value = f"session={secret}; theme=dark" if name == "cookie" else secret
            yield Plant(f"header {name}", request.method, target(), [*own, *kind, (name, value)], echo)
        for scheme in ("Basic", "Token", "ApiKey", "Digest", ""):
            output = base64.b64encode(f"me:{secret}".encode()).decode() if scheme == "Basic" else secret
            no_key = [pair for pair in own if pair[0].lower() != "authorization"]
            named = [("authorization", f"{scheme} {output}".strip())]
            yield Plant(f"scheme {scheme}", request.method, target(), [*no_key, *kind, *named], echo)
        for name in ("api_key", "apiKey", "Authorization", "client_secret", "password", "accessToken", "x-api-key"):
            values: list[Any] = [secret, [secret, secret], {"value": secret}, [{"deep": [secret]}]]
            for value in values:
                body = self._with(request, {name: value, "prompt": f"as {secret} said"})
                yield Plant(f"field {name}", request.method, target(), own + kind, body)
        for url in (
            f"https://me:{whole}@example.com/a",
            f"https://example.com/a?token={whole}&n=1",
            f"https://example.com/a?X-Amz-Credential=me&X-Amz-Signature={whole}",
            f"https://example.com/a#access_token={whole}",
            f"https://example.com/go?to={quote(f'https://x.example/?api_key={whole}', safe='')}",
            *(form.format(whole) for form in WRONG_FORMS),
        ):
            body = self._with(request, {"image_url": url, "prompt": f"Look at {url}, it is fine."})
            yield Plant("address in a body", request.method, target(), own + kind, body)
            yield Plant("address in a query", request.method, target(f"next={quote(url, safe='')}"), own + kind, echo)
        yield from self._callbacks(request, own + kind, whole)
        for raw in (
            f"api_key={whole}&prompt=boat",
            f"<request><apiKey>{html.escape(secret)}</apiKey></request>",
            f'{{"apiKey": {json.dumps(secret)}, "prompt": ',
            f"password: {secret}",
        ):
            yield Plant("no JSON", request.method, target(), own + kind, raw.encode())

    def _callbacks(self, ask: Any, headers: list[tuple[str, str]], whole: str) -> Iterator[Plant]:
        target = f"{ask.path}?{ask.query}" if ask.query else ask.path
        for name in ("callback_url", "webhookUrl"):
            for url in (
                f"http://me:{whole}@127.0.0.1:9/hook",
                *(form.format(whole) for form in WRONG_FORMS),
                f"http://127.0.0.1:9/hook?token={whole}",
                f"http://127.0.0.1:9/hook#token={whole}",
                *([] if UUID.fullmatch(whole) else [f"http://127.0.0.1:9/services/{whole}/in#{whole}"]),
            ):
                yield Plant("callback", ask.method, target, headers, self._with(ask, {name: url}), needed=True)

    def good(self, operation: Operation, fields: Mapping[str, Any]) -> bytes:
        """A well-formed body with these fields."""
        return self._with(self._requests.good(operation), fields)

    def path(self, operation: Operation) -> str:
        return self._requests.good(operation).path

    def own(self, operation: Operation, key: str) -> list[tuple[str, str]]:
        place = operation.key[0] if operation.key else None
        if place is not None and place.kind == "header":
            return [(place.name, f"{place.scheme} {key}".strip())]
        return [("authorization", f"Bearer {key}")]

    def _anywhere(self, operation: Operation, secret: str, own: list[tuple[str, str]]) -> Iterator[Plant]:
        """The secret in every place of a request that its key is known of."""
        request = self._requests.good(operation)
        kind = [("content-type", request.headers.get("content-type", "application/json"))]
        plain = f"{request.path}?{request.query}" if request.query else request.path
        joint = "&" if request.query else "?"
        whole, coded = quote(secret, safe=""), base64.b64encode(f"<{secret}>".encode()).decode()
        texts = [secret, f"a boat, {secret}, at sea", whole, quote_plus(secret), coded, secret.encode().hex()]
        texts += ["".join(f"%{byte:02x}" for byte in secret.encode()), json.dumps(secret), html.escape(secret)]
        texts += [json.dumps(json.dumps(secret)), json.dumps(html.escape(secret))]
        texts += [base64.urlsafe_b64encode(f"{before}{secret}".encode()).decode() for before in ("me:", "a:")]
        for text in texts:
            for fields in ({"prompt": text}, {"metadata": {"note": [text, {"deep": text}]}}, {text: "a name"}):
                yield Plant(
                    f"field {next(iter(fields))}", request.method, plain, own + kind, self._with(request, fields)
                )
            for name in ("image_url", "callback_url", "webhookUrl", "url"):
                body = self._with(
                    request, {name: f"http://127.0.0.1:9/{quote(text, safe='')}/in?q={quote(text)}#{quote(text)}"}
                )
                yield Plant(f"address {name}", request.method, plain, own + kind, body)
        yield Plant(
            "a number's place",
            request.method,
            plain,
            own + kind,
            self._with(request, {"duration": secret, "seed": secret}),
        )
        body = self._with(request, {})
        for target in (f"{plain}{joint}q={whole}&x={whole}", f"{plain}{joint}{whole}=1", f"/no/such/{whole}/path"):
            yield Plant("target", request.method, target, own + kind, body)
        for name in ("user-agent", "idempotency-key", "accept", "prefer", "content-type", "range"):
            yield Plant(f"header {name}", request.method, plain, [*own, (name, f"client {secret}")], body)
        model = operation.model
        if model is not None and model.kind == "path":
            strange = self._requests.good(operation, params={model.name: secret})
            yield Plant("model", strange.method, strange.path, own + kind, body)
        elif model is not None:
            yield Plant("model", request.method, plain, own + kind, self._with(request, {model.name: secret}))
        for raw in (secret, f"--{secret}", f'["{secret}"', f'{{"prompt": {json.dumps(secret)}, '):
            yield Plant("no JSON", request.method, plain, own + kind, raw.encode())

    def _with(self, ask: Any, fields: Mapping[str, Any]) -> bytes:
        """The body with more fields, where the model's input is and at the top."""
        body = orjson.loads(ask.body) if ask.body.startswith(b"{") else {}
        inner = body.get("input")
        if isinstance(inner, dict):
            known = {name: value for name, value in fields.items() if name in ("prompt", "image_url")}
            return orjson.dumps(
                {**body, "input": {**inner, **known}, **{n: v for n, v in fields.items() if n not in known}}
            )
        return orjson.dumps({**body, **fields})


def written(secret: str) -> set[str]:
    """A secret as an outlet could write it; made here, not by what is tested."""
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), raw.hex(), raw.hex().upper()}
    found |= {html.escape(secret), html.escape(secret, quote=False), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    found |= {"".join(f"%{byte:02{form}}" for byte in raw) for form in "xX"}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            text = encode(b" " * shift + raw).decode().rstrip("=")
            found.add(text[(0, 2, 3)[shift] : -1 if (shift + len(raw)) % 3 else None])
    return {one for one in found if len(one) >= 6}


def readings(text: str) -> str:
    """A text as it is, and with each way of escaping undone."""
    once = unquote(text)
    plain = text.replace("\\/", "/").replace('\\"', '"').replace("\\\\", "\\")
    return "\n".join((text, once, unquote(once), html.unescape(text), plain, plain.replace('\\"', '"')))
