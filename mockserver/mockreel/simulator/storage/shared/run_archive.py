"""What a Redis has of a shared run beside its log: the newest checkpoint, and the entries before it, packed.

Nothing is lost when the log is made shorter: an entry leaves it in the same step in which it is in a pack.
"""

import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, cast

import orjson
import redis

# So many entries are in a pack, and are read at a time.
PIECE = 1000
# A checkpoint is written in parts of so many bytes; one that was left half written is gone after so many seconds.
_PART, _LEFT = 512 * 1024, 60
_MICRO = 1_000_000
# The least effort: the lines of a pack are much alike, and requests wait for it.
_PACKING = 1

# An entry as it stands in the log: its number, its moment (microseconds since the epoch), and the line.
Row = tuple[int, int, bytes]

# A checkpoint that was written takes the place of the one before, if it is of this log, and who wrote it has the lease
# or nobody has.
#
# Keys: head, log, lease, the checkpoint, what was written. Arguments: the id of the run, the fencing number, empty for
# none, the number of the last entry in it, and its moment. Gives whether it has.
_KEEP = """
local entry = redis.call('XRANGE', KEYS[2], ARGV[3] .. '-0', ARGV[3] .. '-0')[1]
local before = tonumber(redis.call('LINDEX', KEYS[4], 0) or '0')
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] or (redis.call('GET', KEYS[3]) or '') ~= ARGV[2]
  or not entry or entry[2][2] ~= ARGV[4] or tonumber(ARGV[3]) <= before then
  redis.call('DEL', KEYS[5])
  return 0
end
redis.call('RENAME', KEYS[5], KEYS[4])
redis.call('PERSIST', KEYS[4])
return 1
"""

# The oldest entries leave the log, if who has packed them has the lease or nobody has, a checkpoint was taken behind
# them, and every server that is there has applied a later one.
#
# Keys: head, log, lease, servers, the checkpoint, the packs. Arguments: the id of the run, the fencing number, the
# number of the first and of the last entry in the pack, the pack. Gives whether they have.
_PACK = """
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
local first, last = tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] or (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] then return 0 end
if redis.call('LLEN', KEYS[6]) * (last - first + 1) + 1 ~= first then return 0 end
if tonumber(redis.call('LINDEX', KEYS[5], 0) or '0') <= last then return 0 end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], now, '+inf')) do
  if tonumber(redis.call('HGET', KEYS[4] .. ':have', id) or '0') <= last then return 0 end
end
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
redis.call('RPUSH', KEYS[6], ARGV[5])
redis.call('XTRIM', KEYS[2], 'MAXLEN', tonumber(string.match(newest[1], '^%d+')) - last)
return 1
"""


class RunArchive:
    """The checkpoint and the packs of one run.

    Args:
        base: what the names of its keys begin with.
        errors: turns what the Redis says is wrong into a sentence.
    """

    def __init__(self, client: redis.Redis, base: str, *, errors: Callable[[], AbstractContextManager[None]]) -> None:
        self._redis = client
        self._errors = errors
        self._head, self._log, self._lease, self._servers = (
            f"{base}:{name}" for name in ("head", "log", "lease", "servers")
        )
        self._checkpoint, self._packs = f"{base}:checkpoint", f"{base}:packs"

    def checkpoint(self) -> bytes | None:
        with self._errors():
            parts = cast("list[bytes]", self._redis.lrange(self._checkpoint, 1, -1))
        return b"".join(parts) if parts else None

    def keep_checkpoint(self, data: bytes, number: int, moment: float, *, run: str, fence: str) -> bool:
        """Keep a checkpoint in the place of the one before; whether it was.

        Args:
            number: the last entry that is in it, and its moment.
            fence: the fencing number of the server that has made it.
        """
        written = f"{self._checkpoint}:{secrets.token_hex(6)}"
        keys = (self._head, self._log, self._lease, self._checkpoint, written)
        with self._errors():
            self._redis.rpush(written, number)
            for start in range(0, len(data), _PART):
                self._redis.expire(written, _LEFT)
                self._redis.rpush(written, data[start : start + _PART])
            return bool(self._redis.eval(_KEEP, len(keys), *keys, run, fence, number, round(moment * _MICRO)))

    def pack_oldest(self, *, run: str, fence: str) -> bool:
        """Pack the oldest entries of the log, if nobody needs them there; whether that was done."""
        with self._errors():
            first = self._redis.llen(self._packs) * PIECE + 1
            last = first + PIECE - 1
            if int(cast("bytes | None", self._redis.lindex(self._checkpoint, 0)) or 0) <= last:
                return False
            rows = [*self._rows(first, last)]
            if len(rows) < PIECE:
                return False
            keys = (self._head, self._log, self._lease, self._servers, self._checkpoint, self._packs)
            return bool(self._redis.eval(_PACK, len(keys), *keys, run, fence, first, last, _packed(rows)))

    def rows(self, after: int) -> list[Row]:
        """Some of the entries behind a number, in order, from wherever they are; none where there are none."""
        with self._errors():
            found = [*self._rows(after + 1, None)]
            if found and found[0][0] == after + 1:
                return found
            pack = cast("bytes | None", self._redis.lindex(self._packs, after // PIECE))
        if pack is None:
            return found
        return [row for row in _unpacked(pack) if row[0] > after]

    def _rows(self, first: int, last: int | None) -> Iterator[Row]:
        until = "+" if last is None else f"{last}-0"
        rows = cast("list[Any]", self._redis.xrange(self._log, min=f"{first}-0", max=until, count=PIECE))
        for id_, fields in rows:
            yield int(id_.partition(b"-")[0]), int(fields[b"t"]), fields[b"e"]


def _packed(rows: list[Row]) -> bytes:
    return zlib.compress(orjson.dumps([(number, moment, line.decode()) for number, moment, line in rows]), _PACKING)


def _unpacked(pack: bytes) -> Iterator[Row]:
    for number, moment, line in orjson.loads(zlib.decompress(pack)):
        yield number, moment, line.encode()
