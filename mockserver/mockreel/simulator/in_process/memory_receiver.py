"""The receiver of the webhook checks: it answers each attempt as configured and keeps what it received."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

# How one attempt is answered: with a status, or with a failed connection.
# `slow` is accepted, but late in the time that the policy allows.
Trouble = Literal["timeout", "refused", "broken", "slow"]
Behaviour = int | Trouble

# What the addresses of receivers have in their query: who is called back may tell callers apart by it.
QUERY = "checked"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One attempt as it arrived: when (seconds of the target's clock), what, and how it was answered."""

    at: float
    headers: Mapping[str, str]
    body: bytes
    answered: Behaviour
    query: str = ""


def moved(url: str) -> str:
    """The target of redirects from a receiver's URL."""
    address, mark, query = url.partition("?")
    return f"{address}/moved{mark}{query}"


@dataclass
class Receiver:
    """Takes attempts by path. `url` is its address as the target sees it."""

    url: str
    now: Callable[[], float]
    slow: float = 3.0
    _plans: dict[str, Sequence[Behaviour]] = field(default_factory=dict)
    _arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def expect(self, *behaviours: Behaviour) -> str:
        """A new URL with a query; its attempts are answered with these in order, and then with the last one."""
        number = next(self._numbers)
        path = f"/callback/{number}"
        self._plans[path] = behaviours or (200,)
        self._arrivals[path] = []
        return f"{self.url}{path}?{QUERY}={number}"

    def of(self, url: str) -> list[Arrival]:
        """What arrived at a URL so far."""
        return list(self._arrivals.get(self._path(url), ()))

    def plan(self, url: str) -> Behaviour:
        """How the next attempt at a URL or a path is answered."""
        path = self._path(url)
        behaviours = self._plans.get(path, (404,))
        return behaviours[min(len(self._arrivals.get(path, ())), len(behaviours) - 1)]

    def receive(self, url: str, headers: Mapping[str, str], body: bytes) -> Behaviour:
        """Keep an attempt; gives how to answer it."""
        behaviour = self.plan(url)
        named = {name.lower(): value for name, value in headers.items()}
        arrival = Arrival(self.now(), named, body, behaviour, urlsplit(url).query)
        self._arrivals.setdefault(self._path(url), []).append(arrival)
        return behaviour

    def _path(self, url: str) -> str:
        """The path below the receiver's own address; a provider may send to it through another host."""
        path = urlsplit(url).path
        return path[path.find("/callback/") :] if "/callback/" in path else path
