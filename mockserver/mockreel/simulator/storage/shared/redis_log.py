"""The log of a run in Redis or Valkey: a stream that several servers append to and apply."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha1
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import redis
from redis import asyncio as aio
from redis.backoff import NoBackoff
from redis.retry import Retry

from mockreel.errors import LogMisfit, OptionError, StateError
from mockreel.simulator.storage.logs.log_entry import Entry, decode
from mockreel.simulator.storage.logs.run_log import PLACES
from mockreel.simulator.storage.shared import scripts
from mockreel.simulator.storage.shared.run_archive import PIECE, RunArchive

SCHEMES = {"redis": "redis", "rediss": "rediss", "unix": "unix", "valkey": "redis", "valkeys": "rediss"}
# The name of a run whose URL states none.
RUN = "run"
# How long a Redis may take to answer, in real seconds; then it counts as unreachable.
TIMEOUT = 2.0
_MICRO = 1_000_000
# What Redis adds to the error of a command in a script.
_OF_SCRIPT = re.compile(r",? script: [0-9a-f]+, on @\S+|^ERR Error running script \(call to \w+\): @\S+ ?")
_BEGIN = """
if redis.call('HSETNX', KEYS[1], 'id', ARGV[1]) == 1 then redis.call('HSET', KEYS[1], 'row', ARGV[2]) end
return redis.call('HGET', KEYS[1], 'row')
"""


class Numbered(NamedTuple):
    """An entry as the log stores it; its moment is the log's."""

    number: int
    entry: Entry


class Exchanged(NamedTuple):
    """What an exchange has given: the moment, the newest number, those of what was appended, what is behind, who else.

    A number of 0 is of an entry that was refused, as its fencing number is old; where `numbers` is None nothing was
    appended, as what is behind must be applied first. `others` are the other servers that may answer reads by
    themselves, and how far they are.
    """

    moment: float
    last: int
    numbers: Sequence[int] | None
    entries: Sequence[Numbered]
    others: Mapping[str, int]


class RedisLog:
    """The log of one run, for one server.

    Args:
        url: `redis://host:port/db`, with `?run=NAME` where the Redis has several runs.

    Raises:
        OptionError: it is no such URL.
        StateError: the Redis cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._url, self.run, self.where = _read(url)
        self._options: dict[str, Any] = {
            "retry": Retry(NoBackoff(), 0),  # what was sent again might be appended twice
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "protocol": 2,
        }
        base = f"mockreel:{{{self.run}}}"  # in braces: a cluster has all of it in one place
        self._head, self._log, self._files = f"{base}:head", f"{base}:log", f"{base}:files"
        self._lease, self._fence, self._servers = f"{base}:lease", f"{base}:fence", f"{base}:servers"
        self._reports = f"{base}:told"
        self._sync = _client(self._url, self._options)
        self.archive = RunArchive(self._sync, base, errors=self._redis_errors)
        self._async: aio.Redis | None = None
        self._is_closed = False
        self.is_served = False  # whether requests are answered with it
        self._fetched: dict[str, bytes | None] = {}
        with self._redis_errors():
            row = cast("bytes | None", self._sync.hget(self._head, "row"))
        self.head: Mapping[str, Any] | None = None if row is None else orjson.loads(row)

    # One at a time, where no other task runs

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        with self._redis_errors():
            newest = cast("list[Any]", self._sync.xrevrange(self._log, count=1))
        return _number(newest[0][0]) if newest else 0

    def time(self) -> float:
        """The moment by the log's clock."""
        with self._redis_errors():
            seconds, micro = self._sync.time()
        return float(seconds + micro / _MICRO)

    def begin(self, head: Mapping[str, Any]) -> None:
        """Begin the run, unless another server has begun it meanwhile."""
        with self._redis_errors():
            row = self._sync.eval(_BEGIN, 1, self._head, head["id"], orjson.dumps(head))
        self.head = orjson.loads(cast(bytes, row))

    def append(self, entries: Iterable[Entry]) -> None:
        raise NotImplementedError("a shared log is appended to by an exchange")

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        while True:
            rows = self.archive.rows(after)
            if not rows:
                return
            for row in rows:
                found = self._entry(*row)
                if found.number != after + 1:
                    raise self._damaged(after + 1)
                after = found.number
                yield found

    def keep_file(self, data: bytes) -> str:
        raise NotImplementedError("a shared log has its own storage for bodies")

    def file(self, name: str) -> bytes:
        data = self._fetched.get(name)
        if data is None:
            with self._redis_errors():
                data = cast("bytes | None", self._sync.hget(self._files, name))
        if data is None:
            raise StateError(f"{self.where} is damaged: the body {name} is missing.")
        return data

    def close(self) -> None:
        self._sync.close()

    # Beside the requests, on an event loop

    async def exchange(
        self, have: int, moment: float, *, server: str, entries: Sequence[tuple[str, Entry]] = ()
    ) -> Exchanged:
        """Append entries, and get what is behind the last one that the server has.

        Args:
            have: the number of the last entry that the server has applied, and its moment.
            entries: each with its fencing number, empty where it needs none.

        Raises:
            StateError: the Redis cannot be reached, or it has another log than it had.
        """
        assert self.head is not None, "the run is begun"
        lines = [text for fence, entry in entries for text in (fence, entry.encode())]
        keys = (self._head, self._log, self._lease, self._servers)
        known = (self.head["id"], have, round(moment * _MICRO), server, PIECE)
        wrong, now, *rest = await self._run(scripts.EXCHANGE, keys, (*known, *lines))
        if wrong == b"packed":
            behind = await asyncio.to_thread(self._behind, have, round(moment * _MICRO))
            return Exchanged(now / _MICRO, rest[0], None, behind, {})
        self._check(wrong, have)
        last, numbers, found, others = rest
        behind = [self._entry(_number(id_), int(fields[1]), fields[3]) for id_, fields in found]
        names = [one.decode() for one in others[::2]]
        return Exchanged(now / _MICRO, last, numbers, behind, dict(zip(names, others[1::2], strict=True)))

    def _behind(self, have: int, moment: int) -> list[Numbered]:
        """What is behind an entry that has left the stream."""
        if have:
            self._check(b"" if self.archive.rows(have - 1)[0][:2] == (have, moment) else b"changed", have)
        found = [self._entry(*row) for row in self.archive.rows(have)]
        if not found or found[0].number != have + 1:
            raise self._damaged(have + 1)
        return found

    def _damaged(self, number: int) -> LogMisfit:
        return LogMisfit(f"{self.where} is damaged: entry {number} is missing.")

    def _check(self, wrong: bytes, have: int) -> None:
        if wrong:
            raise StateError(
                f"{self.where} has another log now: of the {f'{have} ' if have else ''}entries that this server has "
                "applied not all are "
                "there any more. Restart the servers; have the Redis keep what it has with `appendonly yes`."
            )

    async def beat(self, server: str, *, reads: float, lease: float, takes: bool) -> tuple[float, str, bool]:
        """Report that a server is alive; returns the moment, its fencing number if it has the lease, and if any does.

        Args:
            reads: for how many seconds it may answer reads by itself.
            lease: for how many seconds it holds the lease.
            takes: whether it may take it.
        """
        assert self.head is not None
        keys = (self._head, self._lease, self._fence, self._servers)
        arguments = (self.head["id"], server, round(reads * _MICRO), round(lease * 1000), int(takes))
        wrong, now, fence, held = await self._run(scripts.BEAT, keys, arguments)
        self._check(wrong, 0)
        return now / _MICRO, fence.decode(), bool(held)

    async def keep(self, name: str, data: bytes) -> None:
        """Keep a body beside the log."""
        with self._redis_errors():
            await self._client().hsetnx(self._files, name, cast(str, data))

    async def fetch(self, entries: Sequence[Numbered]) -> None:
        """Fetch the long bodies of some entries, so that applying them does not wait."""
        self._fetched = {}
        for _, entry in entries:
            name = (entry.fields.get("b") or {}).get("file")
            if name is not None:
                with self._redis_errors():
                    self._fetched[name] = cast("bytes | None", await self._client().hget(self._files, name))

    async def have(self, server: str, number: int) -> None:
        """Report how far a server is."""
        await self._run(scripts.HAVE, (self._servers, self._reports), (server, number))

    async def leave(self, server: str) -> None:
        with contextlib.suppress(StateError):
            await self._run(scripts.LEAVE, (self._lease, self._servers, self._reports), (server,))

    async def hang_up(self) -> None:
        """Close what is open beside the requests; nothing is sent afterwards."""
        self._is_closed = True
        if self._async is not None:
            await self._async.aclose()
            await self._async.connection_pool.disconnect(inuse_connections=True)
            await asyncio.sleep(0)  # an event loop closes a socket in its next turn

    async def grown(self, after: int) -> None:
        """Wait until there may be an entry behind a number, or a while."""
        with self._redis_errors():
            client = self._client()
            await client.xread({self._log: f"{after}-0"}, count=1, block=round(TIMEOUT * 500))

    async def announcements(self) -> AsyncGenerator[tuple[str, int | None] | None, None]:
        """The reports of servers: how far each is, or None for one that has left; None while there are none."""
        with self._redis_errors():
            async with self._client().pubsub() as channel:
                await channel.subscribe(self._reports)
                while True:
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=TIMEOUT / 2)
                    if message is None:
                        yield None
                    else:
                        server, number = message["data"].decode().split(" ")
                        yield server, None if number == "left" else int(number)

    def _client(self) -> aio.Redis:
        if self._is_closed:
            raise StateError(f"{self.where} has been left: the server is ending.")
        if self._async is None:
            self._async = aio.Redis.from_url(self._url, **self._options)
        return self._async

    async def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        with self._redis_errors():
            client = self._client()
            try:
                return await client.evalsha(_digest(script), len(keys), *keys, *arguments)
            except redis.exceptions.NoScriptError:  # a restarted Redis has none
                return await client.eval(script, len(keys), *keys, *arguments)

    def _entry(self, number: int, moment: int, line: bytes) -> Numbered:
        return Numbered(number, decode(line, where=self.where, number=number)._replace(at=moment / _MICRO))

    @contextlib.contextmanager
    def _redis_errors(self) -> Iterator[None]:
        """Report an error of Redis or the network as one of our own."""
        try:
            yield
        except (redis.exceptions.RedisError, OSError, EOFError) as problem:
            raise StateError(
                f"{self.where} cannot be reached or used ({_why(problem)}). {self._then(problem)}"
            ) from problem

    def _then(self, problem: Exception) -> str:
        """What is to be done, or is done then."""
        if str(problem).startswith("WRONGTYPE"):
            return "Another program has keys of these names there: name another run (?run=NAME), or another database."
        if str(problem).startswith("OOM") or isinstance(problem, redis.exceptions.OutOfMemoryError):
            return "Raise its `maxmemory`, or name another Redis."
        return "Requests are answered again once it can." if self.is_served else "Is its URL right, and is it up?"


def _read(url: str) -> tuple[str, str, str]:
    """The client library's URL, the name of the run, and a printable form of both."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise _misfit(url) from problem
    query = dict(parse_qsl(parts.query))
    run = query.pop("run", RUN)
    if parts.scheme not in SCHEMES or not run or set(run) & set("{}"):
        raise _misfit(url)
    if parts.scheme != "unix" and parts.path.strip("/") and not parts.path.strip("/").isdecimal():
        raise _misfit(url)  # the client library would use database 0
    # Not by urlunsplit, which leaves out the // of a socket's path.
    plain = f"{SCHEMES[parts.scheme]}://{parts.netloc}{parts.path}?{urlencode(query)}"
    place = parts.netloc.rpartition("@")[2] + parts.path
    return plain, run, f"The run {run!r} at {parts.scheme}://{place}"


def _client(url: str, options: Mapping[str, Any]) -> redis.Redis:
    """A client that has not connected yet.

    Raises:
        OptionError: the URL has no host, no port that is one, or a parameter that the client library does not have.
    """
    try:
        client = redis.Redis.from_url(url, **options)
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError) as problem:
        raise _misfit(url) from problem
    return client


def _misfit(url: str) -> OptionError:
    """The error of a URL that is none; a password may stand in it."""
    return OptionError("state", f"{url.partition('://')[0]}://…", PLACES)


def _why(problem: Exception) -> str:
    """An error in words, without the script of ours that it names."""
    return _OF_SCRIPT.sub("", str(problem)).rstrip(". ")


def _number(id_: bytes) -> int:
    return int(id_.partition(b"-")[0])


@cache
def _digest(script: str) -> str:
    """The name that Redis gives a script."""
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
