import { script } from './run-script.ts'

/** What tells the schema of a service of ours, whose workers announce themselves, from one whose workers do not. */
export const publisherMark = '"publisher":"lightbus-typescript"'

/**
 * KEYS queue, servers, schema, direct calls · ARGV what the expiry records' keys start with, then of each call timeout ms, id, call · Who serves
 * is judged at the moment of sending. Servers of ours are given the call directly, with the time at which it is over in front of it. For all
 * others it goes to the queue, and its record is there before it can be taken. Returns some, none or unsure.
 */
export const sendCallsScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', KEYS[2], now, '+inf') > 0 then
  local calls, longest = {}, 0
  for i = 2, #ARGV, 3 do
    local timeout = tonumber(ARGV[i])
    calls[#calls + 1] = now + timeout .. ' ' .. ARGV[i + 2]
    longest = math.max(longest, timeout)
  end
  redis.call('RPUSH', KEYS[4], unpack(calls))
  if redis.call('PTTL', KEYS[4]) < longest then redis.call('PEXPIRE', KEYS[4], longest) end
  return 'some'
end
for i = 2, #ARGV, 3 do
  redis.call('SET', ARGV[1] .. ARGV[i + 1], 1, 'PX', ARGV[i])
  redis.call('RPUSH', KEYS[1], ARGV[i + 2])
end
local schema = redis.call('GET', KEYS[3])
if not schema or string.find(schema, '${publisherMark}', 1, true) then return 'none' end
return 'unsure'`)

/** KEYS direct calls · ARGV count · takes the oldest ones, and says behind them what time it is. */
export const takeDirectScript = script(`
local calls = ARGV[1] == '0' and {} or redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)
if #calls > 0 then redis.call('LTRIM', KEYS[1], #calls, -1) end
local time = redis.call('TIME')
calls[#calls + 1] = time[1] * 1000 + math.floor(time[2] / 1000)
return calls`)

/**
 * KEYS servers, direct calls, queue · ARGV the server, what the expiry records' keys start with · it serves no longer. Where it was the last one,
 * calls that wait for servers of ours go to the queue, from which others take too.
 */
export const leaveScript = script(`
redis.call('ZREM', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', KEYS[1], now, '+inf') > 0 then return end
for _, waiting in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local overAt, call = string.match(waiting, '^(%d+) (.*)$')
  local id = string.match(call, '^{"metadata":{"id":"([^"\\\\]+)"')
  if id and overAt - now > 0 then
    redis.call('SET', ARGV[2] .. id, 1, 'PX', overAt - now)
    redis.call('RPUSH', KEYS[3], call)
  end
end
redis.call('DEL', KEYS[2])`)

/**
 * KEYS running calls of the server, expiry records · ARGV ttl of the former in ms, call ids · what is left of each call's time in
 * ms; -2 for one that has expired or was taken. Who deletes the record owns the call, and whoever cancels it finds it there.
 */
export const claimScript = script(`
local left = {}
for i = 2, #KEYS do
  local ms = redis.call('PTTL', KEYS[i])
  left[i - 1] = redis.call('DEL', KEYS[i]) == 1 and ms or -2
  if left[i - 1] ~= -2 then redis.call('HSET', KEYS[1], ARGV[i], 1) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return left`)

/**
 * KEYS expiry record, servers, direct calls · ARGV call id, what the running calls' keys start with, how many waiting calls to look at · takes out
 * a call that waits, and tells the server that runs it: all of ours, where it is not known which, or where too many wait to find it.
 */
export const cancelScript = script(`
if redis.call('DEL', KEYS[1]) == 1 then return 1 end
for _, waiting in ipairs(redis.call('LRANGE', KEYS[3], 0, ARGV[3] - 1)) do
  if string.find(waiting, ARGV[1], 1, true) then return redis.call('LREM', KEYS[3], 1, waiting) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local servers = redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')
for _, server in ipairs(servers) do
  if redis.call('HDEL', ARGV[2] .. server, ARGV[1]) == 1 then servers = { server } end
end
for _, server in ipairs(servers) do
  local cancelled = ARGV[2] .. server .. ':cancelled'
  redis.call('RPUSH', cancelled, ARGV[1])
  redis.call('PEXPIRE', cancelled, 10000)
end
return 0`)

/** KEYS lists · the places of those that are not empty. */
export const busyListsScript = script(`
local busy = {}
for i, list in ipairs(KEYS) do
  if redis.call('EXISTS', list) == 1 then busy[#busy + 1] = i end
end
return busy`)

/** KEYS list · ARGV count · takes the oldest items: LPOP has no count before Redis 6.2. */
export const takeScript = script(`
if ARGV[1] == '0' then return {} end
local items = redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)
if #items > 0 then redis.call('LTRIM', KEYS[1], #items, -1) end
return items`)

/**
 * KEYS in turn: running calls of a server, servers of an API · ARGV ttl ms, the member of each pair · they serve, by the clock of Redis;
 * forgets those who have gone silent.
 */
export const heartbeatScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #KEYS, 2 do
  local running, servers, member = KEYS[i], KEYS[i + 1], ARGV[(i + 3) / 2]
  -- A hash needs a field to be there.
  redis.call('HSET', running, '', 1)
  redis.call('PEXPIRE', running, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', servers, '-inf', now)
  redis.call('ZADD', servers, now + ARGV[1], member)
  redis.call('PEXPIRE', servers, ARGV[1])
end`)

/** KEYS reply list · ARGV ttl ms, results · the list never stays without an expiry, and of two results for a call the first one is read first. */
export const replyScript = script(`
redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`)

/** KEYS schema, index · ARGV marked, unmarked, ttl ms or 0, api · keeps quiet about us while a schema without our mark, that of a Python owner, is alive. Returns the schema that was alive. */
export const storeSchemaScript = script(`
local there = redis.call('GET', KEYS[1])
local text = ARGV[1]
if there and not string.find(there, '${publisherMark}', 1, true) then text = ARGV[2] end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], text)
else redis.call('SET', KEYS[1], text, 'PX', ARGV[3]) end
redis.call('SADD', KEYS[2], ARGV[4])
return there`)

/** KEYS schema, index · ARGV api · forgets an API whose schema has expired, unless it was stored again meanwhile. */
export const forgetSchemaScript = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.call('SREM', KEYS[2], ARGV[1]) end
return 0`)
