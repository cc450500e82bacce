"""Bad requests: good ones with something wrong in them, and things that no client would send."""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from fuzz.values import LONG, METHODS, NUMBERS, PREFERENCES, RANGES, TEXTS, TYPES
from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.request_builder import Requests


@dataclass(frozen=True)
class Sent:
    """One request as bytes go: what is sent, and where it stands for a report."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target[:200]!r} {self.headers!r:.300} {self.body[:300]!r}"


class Wild:
    """Draws values that nobody expects."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw

    def number(self) -> str:
        return self.draw.choice(NUMBERS)

    def text(self) -> str:
        if self.draw.random() < 0.1:
            return "".join(chr(self.draw.randrange(0x110000)) for _ in range(self.draw.randrange(20)))
        return self.draw.choice(TEXTS)

    def json(self) -> bytes:
        """A JSON text, or what is nearly one."""
        if self.draw.random() < 0.5:
            return orjson.dumps(self.value(3), option=orjson.OPT_NON_STR_KEYS)
        odd: tuple[Callable[[], bytes], ...] = (
            self._deep,
            lambda: self.number().encode(),
            lambda: b'"' + b"x" * self.draw.choice((10, LONG)) + b'"',
            lambda: b'{"a":1' + b',"a":1' * self.draw.choice((1, 3000)) + b"}",
            lambda: b'{"' + self.draw.choice((b"\\ud800", b"\\u0000", b"\\", b"\xff", b"\xef\xbb\xbf")) + b'": "x"}',
            lambda: self.draw.randbytes(self.draw.choice((1, 100, 3000))),
            lambda: b"[" + b"1," * self.draw.choice((10, 30_000)) + b"1]",
        )
        return self.draw.choice(odd)()

    def _deep(self) -> bytes:
        depth = self.draw.choice((2, 150, 199, 200, 201, 253, 254, 255, 256, 500, 1000, 1024, 1025, 20_000))
        opens, closes = self.draw.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
        return f"{opens * depth}1{closes * depth}".encode()

    def value(self, depth: int) -> Any:
        """Any JSON value that can be written."""
        kind = self.draw.randrange(9 if depth else 6)
        if kind < 2:
            return self.text().encode("utf-8", "replace").decode()
        if kind == 2:
            return self.draw.choice((0, -1, 1, 2**63 - 1, -(2**63), 1e308, 5e-324, 0.1, 10**15))
        if kind < 6:
            return self.draw.choice((None, True, False, "", [], {}))
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.draw.randrange(4))]
        names = (self.text().encode("utf-8", "replace").decode() for _ in range(self.draw.randrange(4)))
        return {name: self.value(depth - 1) for name in names}

    def spoilt(self, body: Any) -> bytes:
        """A good JSON body with one or two things wrong in it."""
        body = copy.deepcopy(body)
        for _ in range(self.draw.choice((1, 1, 2))):
            places = list(_places(body))
            if not places:
                break
            inside, step = self.draw.choice(places)
            kind = self.draw.randrange(5)
            if kind == 0 and isinstance(inside, dict):
                inside[self.text().encode("utf-8", "replace").decode()] = self.value(2)
            elif kind == 1:
                del inside[step]
            else:
                inside[step] = self.value(2)
        raw = orjson.dumps(body)
        if self.draw.random() < 0.15:  # a number as no library writes it
            raw = raw.replace(b"1", self.number().encode(), 1)
        return raw[: self.draw.randrange(len(raw))] if self.draw.random() < 0.05 else raw


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for step in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, step
            yield from _places(value[step])


class ForProvider:
    """Requests to one provider."""

    def __init__(self, contract: Contract, key: str, draw: random.Random) -> None:
        self._wild, self._draw, self._key = Wild(draw), draw, key
        self._requests = Requests(contract)
        seen: dict[str, Operation] = {}
        for operation in contract.operations:
            seen.setdefault(operation.id, operation)
        self._good = [(operation, self._requests.good(operation)) for operation in seen.values()]
        self.ids: list[str] = []

    def one(self) -> Sent:
        """The next request."""
        operation, request = self._draw.choice(self._good)
        path = self._path(operation, request.path)
        query = self._query(operation, request.query)
        body = self._body(request)
        method = operation.method if self._draw.random() < 0.95 else self._draw.choice(METHODS)
        return Sent(method, f"{path}?{query}" if query else path, tuple(self._headers(operation)), body)

    def _path(self, operation: Operation, good: str) -> str:
        kind = self._draw.random()
        if kind < 0.6:
            return good
        steps = operation.path.split("/")
        for place, step in enumerate(steps):
            if step.startswith("{"):
                known = self.ids and self._draw.random() < 0.6
                steps[place] = quote(
                    self._draw.choice(self.ids) if known else self._wild.text(), safe="", errors="replace"
                )
        path = "/".join(steps)
        return path if kind < 0.95 else path + quote(self._wild.text(), safe="/%", errors="replace")

    def _query(self, operation: Operation, good: str) -> str:
        if self._draw.random() < 0.4:
            return good
        names = [parameter.name for parameter in operation.query] + ["x", "cursor", "limit", "q", "wait"]
        pairs = []
        for _ in range(self._draw.randrange(4)):
            value = self._wild.number() if self._draw.random() < 0.4 else self._wild.text()
            pairs.append(f"{self._draw.choice(names)}={quote(value, safe='%', errors='replace')}")
        return "&".join(pairs)[:20_000]

    def _body(self, ask: Any) -> bytes:
        if not ask.body:
            return b"" if self._draw.random() < 0.8 else self._wild.json()
        if self._draw.random() < 0.7:
            return self._wild.spoilt(orjson.loads(ask.body))
        return self._wild.json()

    def _headers(self, operation: Operation) -> Iterator[tuple[str, str]]:
        draw = self._draw
        place = operation.key[0] if operation.key else None
        if draw.random() < 0.9:
            header = place is not None and place.kind == "header"
            name, scheme = (place.name, place.scheme) if place is not None and header else ("Authorization", "Bearer")
            yield name, f"{scheme} {self._key}".strip()
        else:
            yield "Authorization", draw.choice(("", "Bearer", "Bearer  ", "Basic x", "Bearer " + "x" * 3000, "\xff"))
        yield "Content-Type", "application/json" if draw.random() < 0.85 else draw.choice(TYPES)
        if draw.random() < 0.05:
            yield "Prefer", draw.choice(PREFERENCES)
        if draw.random() < 0.05:
            yield "Range", draw.choice(RANGES)
        if draw.random() < 0.05:
            yield (
                draw.choice(("Idempotency-Key", "If-None-Match", "Cookie", "Accept", "X-Api-Key")),
                _latin(self._wild.text()),
            )
        if draw.random() < 0.02:
            yield "Content-Encoding", draw.choice(("gzip", "br", "identity", "x", "deflate, gzip"))


class ForControl:
    """Requests to the control API and the page."""

    def __init__(self, paths: Sequence[tuple[str, str]], draw: random.Random) -> None:
        self._wild, self._draw, self._paths = Wild(draw), draw, paths
        self.ids: list[tuple[str, str]] = []

    def one(self) -> Sent:
        """The next request."""
        method, path = self._draw.choice(self._paths)
        steps = [self._step(step) for step in path.split("/")]
        target = "/".join(steps)
        if self._draw.random() < 0.5:
            target += "?" + "&".join(self._pair() for _ in range(self._draw.randrange(1, 4)))
        body = b"" if method == "GET" else self._body(path)
        kind = "application/json" if self._draw.random() < 0.9 else self._draw.choice(TYPES)
        headers = [("Content-Type", kind), ("Accept", self._draw.choice(("*/*", "text/html", "", "x")))]
        return Sent(method, target, tuple(headers), body)

    def _step(self, step: str) -> str:
        if not step.startswith("{"):
            return step
        if self.ids and self._draw.random() < 0.7:
            provider, job = self._draw.choice(self.ids)
            return provider if "provider" in step else quote(job, safe="")
        value = self._wild.number() if self._draw.random() < 0.5 else self._wild.text()
        return quote(value, safe="", errors="replace")

    def _pair(self) -> str:
        names = (
            "limit",
            "after",
            "order",
            "status",
            "provider",
            "operation",
            "job",
            "path",
            "bodies",
            "method",
            "q",
            "page",
            "state",
            "x",
        )
        value = self._wild.number() if self._draw.random() < 0.4 else self._wild.text()
        if self._draw.random() < 0.2:
            value = self._draw.choice(("runflow", "true", "newest", "*" * 60 + "x", "*a" * 40, "[a-", "1"))
        return f"{self._draw.choice(names)}={quote(value, safe='%', errors='replace')}"[:5000]

    def _body(self, path: str) -> bytes:
        fields: dict[str, Callable[[], Any]] = {
            "clock/advance": lambda: {"seconds": self._number()},
            "clock/speed": lambda: {"speed": self._number()},
            "rules": lambda: {"fault": self._wild.value(2), "nth": self._number(), "probability": self._number()},
            "balances": lambda: {"provider": "runflow", "account": "account-1", "balance": self._number()},
            "journal/assert": lambda: {"path": "*a" * 30, "times": self._number(), "body": self._wild.value(3)},
            "readings": lambda: {"provider": "runflow", "id": self._wild.value(1), "option": self._wild.value(1)},
        }
        made = next((make for name, make in fields.items() if path.endswith(name)), None)
        if made is not None and self._draw.random() < 0.6:
            return json.dumps(made(), default=str).encode("utf-8", "replace")
        return self._wild.json() if self._draw.random() < 0.8 else b"{}"

    def _number(self) -> Any:
        return self._draw.choice(
            (0, -1, 0.5, 1e308, -1e308, 10**400, 2**64, True, None, "1", "1e999999999", [], float("nan"), "NaN", 1e-320)
        )


def _latin(text: str) -> str:
    """A text as a header may hold it on the wire."""
    safe = "".join(one for one in text if one not in "\r\n\x00" and ord(one) < 256)
    return safe[:6000] or "x"
