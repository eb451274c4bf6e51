import { script } from './run-script.ts'

// A message is settled only by the consumer that owns it: the look at the owner and the act have to be one step, since
// another process may claim the message in between. XACK and XCLAIM alone do not look.

const owned = `
local function owned(stream, group, consumer, id)
  return #redis.call('XPENDING', stream, group, id, id, 1, consumer) == 1
end
`

const settle = `
local function settle(stream, group, id, isPrivate)
  if isPrivate == '1' then redis.call('XDEL', stream, id) end
  return redis.call('XACK', stream, group, id)
end
`

/** KEYS stream · ARGV group, consumer, 1 if the stream is the group's own, id · 1 if acknowledged, 0 if somebody else owns the entry. */
export const acknowledgeScript = script(`${owned}${settle}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[4]) then return 0 end
return settle(KEYS[1], ARGV[1], ARGV[4], ARGV[3])`)

/**
 * KEYS stream · ARGV group, consumer, idle ms, then id and delivery count in turn, the count empty to leave it · sets how long
 * the entries count as idle. Returns the ids that somebody else owns, and those whose entry is gone, as far as Redis tells: from 7 on.
 */
export const renewScript = script(`${owned}
local lost, gone = {}, {}
for i = 4, #ARGV, 2 do
  if owned(KEYS[1], ARGV[1], ARGV[2], ARGV[i]) then
    local claim = { 'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3] }
    if ARGV[i + 1] ~= '' then
      claim[#claim + 1] = 'RETRYCOUNT'
      claim[#claim + 1] = ARGV[i + 1]
    end
    claim[#claim + 1] = 'JUSTID'
    if #redis.call(unpack(claim)) == 0 then gone[#gone + 1] = ARGV[i] end
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return { lost, gone }`)

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * KEYS stream, resting events · ARGV group, consumer, id, delay ms · the entry rests longer than the lease of a silent process
 * could tell. 0 if somebody else owns it.
 */
export const restScript = script(`${owned}${now}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', 0, 'JUSTID')
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[3])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return 1`)

/** KEYS resting events · the ids of those that are not due. */
export const restingScript = script(`${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')`)

/**
 * KEYS stream, dead letter stream · ARGV group, consumer, 1 if the stream is the group's own, id, fields… · written and
 * acknowledged at once, so that a crash neither loses nor doubles it.
 */
export const deadLetterScript = script(`${owned}${settle}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[4]) then return 0 end
local letter = {}
local entry = redis.call('XRANGE', KEYS[1], ARGV[4], ARGV[4])[1]
if entry then letter = entry[2] end
for i = 5, #ARGV do letter[#letter + 1] = ARGV[i] end
redis.call('XADD', KEYS[2], '*', unpack(letter))
return settle(KEYS[1], ARGV[1], ARGV[4], ARGV[3])`)

/**
 * KEYS dead letter stream, redriven stream · ARGV group, id, first field that is not of the event · moves the event to the
 * stream that only its group reads. 0 when the letter is there no more, or has nothing of the event left.
 */
export const redriveScript = script(`
local letter = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not letter then return 0 end
local length = 0
for i = 1, #letter[2], 2 do if letter[2][i] == ARGV[3] then length = i - 1 end end
if length == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(letter[2], 1, length))
redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0')
return redis.call('XDEL', KEYS[1], ARGV[2])`)

const add = `
local function add(stream, limit, fields)
  if limit == '0' then return redis.call('XADD', stream, '*', unpack(fields)) end
  return redis.call('XADD', stream, 'MAXLEN', '~', limit, '*', unpack(fields))
end
local time = redis.call('TIME')
-- In microseconds, which keeps the order of what was sent in one millisecond.
local now = time[1] * 1000000 + time[2]
`

/**
 * KEYS stream, delayed events, record of the event's id · ARGV limit or 0, dedup window ms or 0, delay ms or 0, fields… · the
 * record is written with the event, after it: a failure between them must not pass for an event sent.
 */
export const sendEventScript = script(`${add}
if ARGV[2] ~= '0' and redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local fields = {}
for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
if ARGV[3] == '0' then add(KEYS[1], ARGV[1], fields)
else redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[3] * 1000), cmsgpack.pack(fields)) end
if ARGV[2] ~= '0' then redis.call('SET', KEYS[3], 1, 'PX', ARGV[2]) end
return 1`)

/**
 * KEYS stream, delayed events · ARGV limit or 0, how many at once · adds what is due, each event exactly once whoever calls.
 * Returns in how many ms the next one is due; -1 when there is none.
 */
export const promoteScript = script(`${add}
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[2])
for _, event in ipairs(due) do
  add(KEYS[1], ARGV[1], cmsgpack.unpack(event))
  redis.call('ZREM', KEYS[2], event)
end
local later = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #later == 0 then return -1 end
return math.max(0, math.ceil((later[2] - now) / 1000))`)
