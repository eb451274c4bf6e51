import { script } from './run-script.ts'

/** What tells the schema of a service of ours, whose workers announce themselves, from one whose workers do not. */
export const publisherMark = '"publisher":"lightbus-typescript"'

/**
 * KEYS expiry record, queue, servers, schema · ARGV timeout ms, call · The record is there before the call can be taken, and
 * who serves is judged at the moment of sending. Returns some, none or unsure.
 */
export const sendCallScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[2])
if redis.call('ZCOUNT', KEYS[3], now, '+inf') > 0 then return 'some' end
local schema = redis.call('GET', KEYS[4])
if not schema or string.find(schema, '${publisherMark}', 1, true) then return 'none' end
return 'unsure'`)

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

/** KEYS expiry record, servers · ARGV call id, what the running calls' keys start with · takes out a call that waits, and tells the server that runs it. */
export const cancelScript = script(`
if redis.call('DEL', KEYS[1]) == 1 then return 1 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, server in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf')) do
  local running = ARGV[2] .. server
  if redis.call('HDEL', running, ARGV[1]) == 1 then
    redis.call('RPUSH', running .. ':cancelled', ARGV[1])
    return redis.call('PEXPIRE', running .. ':cancelled', 10000)
  end
end
return 0`)

/** KEYS list · ARGV count · takes the oldest items: LPOP has no count before Redis 6.2. */
export const takeScript = script(`
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

/** KEYS reply list · ARGV result, ttl ms · the list never stays without an expiry, and of two results for a call the first one is read first. */
export const replyScript = script(`
redis.call('RPUSH', KEYS[1], ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

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
