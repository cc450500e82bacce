"""What is done in the Redis in one step: append, look, and hold the lease. Redis 5 and Valkey run it as it is."""

# A log is a stream whose ids are `1-0`, `2-0`, …: entry n has the id n-0, the moment `t` (microseconds since the
# epoch, never less than that of the entry before) and the entry itself, `e`.
#
# Keys: head, log, lease, servers. Arguments: the id of the run; the number of the last entry that the caller has, and
# its moment; the caller; how many entries are wanted at most; then for each entry to append its fencing number, empty
# for none, and the entry.
#
# Returns an error or "", the moment, the number of the last entry, for each appended entry its number (0: rejected, as
# its fencing number is old), the entries behind the caller's, and the other servers with what they have. The error
# "packed": nothing was appended, as the caller must first apply what has left the log for the packs.
EXCHANGE = """
local head, log, lease, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if redis.call('HGET', head, 'id') ~= ARGV[1] then return {'another run', now} end
local after = tonumber(ARGV[2])
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
if newest then now = math.max(now, tonumber(newest[2][2])) end
if last < after then return {'shorter', now, last} end
local mine = redis.call('XRANGE', log, ARGV[2] .. '-0', '+', 'COUNT', 1)[1]
local oldest = mine and tonumber(string.match(mine[1], '^%d+')) or 0
if oldest > after + 1 or after > 0 and oldest > after then return {'packed', now, last} end
if after > 0 and mine[2][2] ~= ARGV[3] then return {'changed', now, last} end
redis.call('HSET', servers .. ':have', ARGV[4], ARGV[2])
local fence = redis.call('GET', lease)
local numbers = {}
for place = 6, #ARGV, 2 do
  if ARGV[place] == '' or ARGV[place] == fence then
    last = last + 1
    redis.call('XADD', log, last .. '-0', 't', string.format('%.0f', now), 'e', ARGV[place + 1])
    table.insert(numbers, last)
  else
    table.insert(numbers, 0)
  end
end
local entries = {}
if last > after then entries = redis.call('XRANGE', log, (after + 1) .. '-0', '+', 'COUNT', ARGV[5]) end
local others = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', servers, string.format('%.0f', now), '+inf')) do
  if id ~= ARGV[4] then
    table.insert(others, id)
    table.insert(others, tonumber(redis.call('HGET', servers .. ':have', id) or '0'))
  end
end
return {'', now, last, numbers, entries, others}
"""

# A server reports that it is alive, and takes the lease if it is free, or renews it.
#
# Keys: head, lease, fence, servers. Arguments: the id of the run; the server; for how many microseconds it may answer
# reads by itself; for how many milliseconds the lease is held; whether it may be taken.
#
# Returns an error or "", the moment, the fencing number if it holds the lease, else "", and whether it is held.
BEAT = """
local head, lease, fence, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if redis.call('HGET', head, 'id') ~= ARGV[1] then return {'another run', now, '', 0} end
redis.call('ZADD', servers, string.format('%.0f', now + ARGV[3]), ARGV[2])
local held = redis.call('GET', lease)
if held and string.match(held, '^[^:]+') == ARGV[2] then
  redis.call('PEXPIRE', lease, ARGV[4])
elseif not held and ARGV[5] == '1' then
  held = ARGV[2] .. ':' .. redis.call('INCR', fence)
  redis.call('SET', lease, held, 'PX', ARGV[4])
end
local mine = held and string.match(held, '^[^:]+') == ARGV[2]
return {'', now, mine and held or '', held and 1 or 0}
"""

# A server reports what it has applied; servers that wait for it are notified.
#
# Keys: servers, the channel. Arguments: the server, the number.
HAVE = """
redis.call('HSET', KEYS[1] .. ':have', ARGV[1], ARGV[2])
return redis.call('PUBLISH', KEYS[2], ARGV[1] .. ' ' .. ARGV[2])
"""

# A server leaves: nothing waits for it, and the lease is free.
#
# Keys: lease, servers, the channel. Arguments: the server.
LEAVE = """
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[2] .. ':have', ARGV[1])
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^[^:]+') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return redis.call('PUBLISH', KEYS[3], ARGV[1] .. ' left')
"""
