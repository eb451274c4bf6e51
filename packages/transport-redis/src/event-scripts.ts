import { keyOrderLua } from './key-order-scripts.ts'
import { script, type Script } from './run-script.ts'

// A message is settled only by the consumer that owns it: the look at the owner and the act have to be one step, since
// another process may claim the message in between. XACK and XCLAIM alone do not look.

const owned = `
local function owned(stream, group, consumer, id)
  return #redis.call('XPENDING', stream, group, id, id, 1, consumer) == 1
end
`

const settle = `
local function settle(stream, group, id, isPrivate, counts, fate)
  if isPrivate == '1' then redis.call('XDEL', stream, id) end
  if redis.call('XACK', stream, group, id) == 0 then return 0 end
  redis.call('HINCRBY', counts, fate, 1)
  return 1
end
`

/**
 * KEYS stream, counts · ARGV group, consumer, 1 if the stream is the group's own, what they count as, ids… · settles events without a key.
 * They mostly stand side by side, and so are looked at together; one that is not found there is looked at alone. Returns those that somebody
 * else owns.
 */
export const acknowledgeScript = script(`${owned}
local near, ours, lost = {}, {}, {}
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[5], ARGV[#ARGV], 2 * (#ARGV - 4), ARGV[2])) do
  near[pending[1]] = true
end
for i = 5, #ARGV do
  local id = ARGV[i]
  if near[id] or owned(KEYS[1], ARGV[1], ARGV[2], id) then ours[#ours + 1] = id else lost[#lost + 1] = id end
end
if #ours == 0 then return lost end
if ARGV[3] == '1' then redis.call('XDEL', KEYS[1], unpack(ours)) end
redis.call('HINCRBY', KEYS[2], ARGV[4], redis.call('XACK', KEYS[1], ARGV[1], unpack(ours)))
return lost`)

/** A script that settles an event: one without a key, or one with a key, whose next goes ahead then. */
export interface Settling {
  readonly free: Script
  readonly keyed: Script
}

// Returns 0 if somebody else owns the entry, and otherwise 1, or 2 if another event of the key goes ahead.
function settling(act: string): Settling {
  const settles = `${owned}${settle}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[4]) then return 0 end
${act}
if settle(KEYS[1], ARGV[1], ARGV[4], ARGV[3], KEYS[2], ARGV[6]) == 0 then return 0 end`
  return {
    free: script(`${settles}\nreturn 1`),
    keyed: script(`${keyOrderLua}${settles}\nreturn moveOn(ARGV[4], ARGV[5])`),
  }
}

/**
 * KEYS stream, counts, order… · ARGV group, consumer, 1 if the stream is the group's own, id, 1 to ring for the next, what it
 * counts as.
 */
export const acknowledgeKeyedScript = settling('').keyed

/**
 * KEYS stream, counts, order… · ARGV group, consumer, least idle ms, only owner or empty, ids… · takes over those that are still
 * pending and idle for so long, and not behind another of their key. Returns what it got, each with the ordinal of this
 * delivery, the ids of those whose entry is gone, which are settled by this, and how many of the ids it is done with: fewer
 * than all where others have to enter first. In one step, since an entry that was handled meanwhile may be trimmed away too.
 */
export const claimPendingScript = script(`${keyOrderLua}
local function mayTake(pending)
  return pending and pending[2] ~= behind and pending[2] ~= ready
    and pending[3] >= tonumber(ARGV[3]) and (ARGV[4] == '' or pending[2] == ARGV[4])
end

local function claim(id)
  local pending = pendingOf(KEYS[1], id)
  if mayTake(pending) and keyOutside(KEYS[1], pending) then
    if not enterAll(KEYS[1], { id }) then return false end
    pending = pendingOf(KEYS[1], id)
  end
  if mayTake(pending) then take(ARGV[2], KEYS[1], pending) end
  return true
end

local done = 0
while ARGV[5 + done] and claim(ARGV[5 + done]) do done = done + 1 end
return whatWasTaken(done)`)

/**
 * KEYS stream, counts · ARGV group, consumer, idle ms, then id and delivery count in turn, the count empty to leave it · sets how long
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
if #gone > 0 then redis.call('HINCRBY', KEYS[2], 'trimmed', #gone) end
return { lost, gone }`)

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * KEYS stream, resting events · ARGV group, consumer, id, delay ms, idle ms · the entry rests longer than the lease of a silent process
 * could tell. 0 if somebody else owns it.
 */
export const restScript = script(`${owned}${now}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', ARGV[5], 'JUSTID')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 10)) do
  redis.call('ZREM', KEYS[2], id)
end
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[3])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return 1`)

/** KEYS resting events · ARGV ids… · those of the ids that are not due yet. */
export const restingScript = script(`${now}
local resting = {}
for _, id in ipairs(ARGV) do
  local dueAt = redis.call('ZSCORE', KEYS[1], id)
  if dueAt and tonumber(dueAt) > now then resting[#resting + 1] = id
  elseif dueAt then redis.call('ZREM', KEYS[1], id) end
end
return resting`)

/**
 * KEYS stream, counts, order…, at the end the dead letter stream · ARGV group, consumer, 1 if the stream is the group's own, id,
 * 1 to ring for the next, what it counts as, fields… · written and acknowledged at once, so that a crash neither loses nor
 * doubles it.
 */
export const deadLetterScript = settling(`
local letter = {}
local entry = redis.call('XRANGE', KEYS[1], ARGV[4], ARGV[4])[1]
if entry then letter = entry[2] end
for i = 7, #ARGV do letter[#letter + 1] = ARGV[i] end
redis.call('XADD', KEYS[#KEYS], '*', unpack(letter))`)

/**
 * KEYS dead letter stream, redriven stream, counts, bell · ARGV group, id, first field that is not of the event, stream · moves the
 * event to the stream that only its group reads, and rings for that. 0 when the letter is there no more, or has nothing of the event left.
 */
export const redriveScript = script(`
local letter = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not letter then return 0 end
local length = 0
for i = 1, #letter[2], 2 do if letter[2][i] == ARGV[3] then length = i - 1 end end
if length == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(letter[2], 1, length))
redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0')
redis.call('HINCRBY', KEYS[3], 'deadLettered', -1)
redis.call('XADD', KEYS[4], 'MAXLEN', '~', 1000, '*', ARGV[4], ARGV[1])
return redis.call('XDEL', KEYS[1], ARGV[2])`)

const microseconds = `
local time = redis.call('TIME')
-- In microseconds, which keeps the order of what was sent in one millisecond.
local now = time[1] * 1000000 + time[2]
`

/** KEYS stream · ARGV of each event how many fields and values, then those · adds all, and returns for each why it was not added, if so. */
export const sendEventsScript = script(`
local added, i = {}, 1
while ARGV[i] do
  local length = tonumber(ARGV[i])
  local reply = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, i + 1, i + length))
  added[#added + 1] = type(reply) == 'table' and reply.err or ''
  i = i + 1 + length
end
return added`)

/**
 * KEYS stream, delayed events, record of the event's id · ARGV dedup window ms or 0, delay ms or 0, fields… · the record is written with
 * the event, after it: a failure between them must not pass for an event sent. One that is there is written again, since WAIT
 * looks only at what its own connection has written.
 */
export const sendEventScript = script(`${microseconds}
if ARGV[1] ~= '0' and redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('SET', KEYS[3], 1, 'PX', math.max(1, redis.call('PTTL', KEYS[3])))
  return 0
end
local fields = {}
for i = 3, #ARGV do fields[#fields + 1] = ARGV[i] end
if ARGV[2] == '0' then redis.call('XADD', KEYS[1], '*', unpack(fields))
else redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[2] * 1000), cmsgpack.pack(fields)) end
if ARGV[1] ~= '0' then redis.call('SET', KEYS[3], 1, 'PX', ARGV[1]) end
return 1`)

/**
 * KEYS stream, delayed events · ARGV how many at once · adds what is due, each event exactly once whoever calls. Returns how many,
 * and in how many ms the next one is due; -1 when there is none.
 */
export const promoteScript = script(`${microseconds}
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
for _, event in ipairs(due) do
  redis.call('XADD', KEYS[1], '*', unpack(cmsgpack.unpack(event)))
  redis.call('ZREM', KEYS[2], event)
end
local later = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #later == 0 then return { #due, -1 } end
return { #due, math.max(0, math.ceil((later[2] - now) / 1000)) }`)
