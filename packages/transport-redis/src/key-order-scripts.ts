import { behindConsumer, readyConsumer } from './key-order.ts'
import { script } from './run-script.ts'

// Of each key one event is ahead: in hand, resting, or ready to be taken. The lock belongs to the event and not to whoever has it,
// so that the death of a process changes nothing. The hash has the event of each key and the key of each event; in the sorted set
// the others wait, in the order of their ids, each pending for a consumer that does not exist.

/** KEYS stream, counts, then those of the order · ARGV group, consumer · what the scripts that follow have in common. */
export const keyOrderLua = `
local group, counts, main, redriven = ARGV[1], KEYS[2], KEYS[3], KEYS[4]
local locks, waiting, bell = KEYS[5], KEYS[6], KEYS[7]
local behind, ready = '${behindConsumer}', '${readyConsumer}'

local function refOf(stream, id)
  return (stream == redriven and 'r' or 's') .. id
end

local function placeOf(ref)
  return string.sub(ref, 1, 1) == 'r' and redriven or main, string.sub(ref, 2)
end

local function entryOf(stream, id)
  return redis.call('XRANGE', stream, id, id)[1]
end

-- Nothing where there is no such group.
local function pendingOf(stream, id)
  return redis.pcall('XPENDING', stream, group, id, id, 1)[1]
end

local function keyOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == '' and string.find(fields[i + 1], '"lightbus-key"', 1, true) then
      local isJson, headers = pcall(cjson.decode, fields[i + 1])
      local key = isJson and type(headers) == 'table' and headers['lightbus-key']
      if type(key) == 'string' then return redis.sha1hex(key) end
    end
  end
end

local function moveTo(consumer, stream, id, deliveries)
  redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', deliveries, 'JUSTID')
end

local function lock(key, ref)
  redis.call('HSET', locks, key, ref, ref, key)
end

-- How many that are gone a script looks past.
local patience = 100

-- Lets the next one of the key ahead, and returns it: nothing where none waits, and false where more are gone than there is patience.
local function passOn(key)
  while patience > 0 do
    local member = redis.call('ZRANGEBYLEX', waiting, '[' .. key .. ':', '(' .. key .. ';', 'LIMIT', 0, 1)[1]
    if not member then return nil end
    redis.call('ZREM', waiting, member)
    local ref = string.sub(member, -1) .. string.gsub(string.sub(member, 42, -2), ' ', '')
    local stream, id = placeOf(ref)
    local pending = pendingOf(stream, id)
    if pending and pending[2] == behind then
      if entryOf(stream, id) then
        moveTo(ready, stream, id, pending[4])
        lock(key, ref)
        return ref
      end
      redis.call('XACK', stream, group, id)
      redis.call('HINCRBY', counts, 'trimmed', 1)
      redis.call('HINCRBY', counts, 'untold', 1)
    end
    patience = patience - 1
  end
  return false
end

-- The event is done with. Returns the one that goes ahead now.
local function leave(stream, id)
  local ref = refOf(stream, id)
  local key = redis.call('HGET', locks, ref)
  if not key then return nil end
  redis.call('HDEL', locks, ref, key)
  return passOn(key)
end

-- Which event is ahead; one that is pending no more was settled by somebody who knows nothing of locks.
local function ahead(key)
  local ref = redis.call('HGET', locks, key)
  if not ref then return passOn(key) end
  local stream, id = placeOf(ref)
  if pendingOf(stream, id) then return ref end
  return leave(stream, id)
end

-- The key of an event that has neither gone ahead nor waits.
local function keyOutside(stream, pending)
  if not pending or pending[2] == behind or pending[2] == ready then return nil end
  if redis.call('HGET', locks, refOf(stream, pending[1])) then return nil end
  local entry = entryOf(stream, pending[1])
  return entry and keyOf(entry[2])
end

local function enter(stream, pending, key)
  local id = pending[1]
  if ahead(key) == nil then return lock(key, refOf(stream, id)) end
  -- It was read, but nobody was given it.
  moveTo(behind, stream, id, math.max(0, pending[4] - 1))
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  local place = string.format('%20s-%20s', ms, sequence)
  redis.call('ZADD', waiting, 0, key .. ':' .. place .. string.sub(refOf(stream, id), 1, 1))
end

-- Lets one page enter. Whether that was the last; where not, the next call goes on.
local function enterFrom(stream, from)
  local page = redis.call('XPENDING', stream, group, from, '+', 100)
  for _, pending in ipairs(page) do
    local key = keyOutside(stream, pending)
    if key then enter(stream, pending, key) end
    from = pending[1]
  end
  if from ~= '-' then redis.call('HSET', locks, 'entered ' .. stream, from) end
  return #page < 100
end

-- All that was read and has not entered does so now in the order of the stream, whoever has read it: what another process
-- has read before us it may not have entered yet. Whether that is done.
local function enterAll(stream, ids)
  if not enterFrom(stream, redis.call('HGET', locks, 'entered ' .. stream) or '-') then return false end
  for _, id in ipairs(ids) do
    -- The group was made anew, and has begun again before that place.
    if keyOutside(stream, pendingOf(stream, id)) then return enterFrom(stream, '-') end
  end
  return true
end

local function ring()
  return redis.call('XADD', bell, 'MAXLEN', '~', 1000, '*', main, group)
end

local function isAnyReady()
  for _, stream in ipairs({ main, redriven }) do
    if redis.pcall('XPENDING', stream, group, '-', '+', 1, ready)[1] then return true end
  end
  return false
end

-- 2 if another goes ahead now, and 1 if none does.
local function moveOn(id, rings)
  if not leave(KEYS[1], id) then return 1 end
  if rings == '1' then ring() end
  return 2
end

local taken, gone = {}, {}

-- Hands a pending entry to a consumer, or settles it where its body is gone.
local function take(consumer, stream, pending)
  local id = pending[1]
  local entry = entryOf(stream, id)
  if entry then
    moveTo(consumer, stream, id, pending[4] + 1)
    taken[#taken + 1] = { entry, pending[4] + 1 }
  else
    redis.call('XACK', stream, group, id)
    leave(stream, id)
    gone[#gone + 1] = id
  end
end

-- What was taken, each with the ordinal of this delivery, and the ids of what was gone.
local function whatWasTaken(done)
  if #gone > 0 then redis.call('HINCRBY', counts, 'trimmed', #gone) end
  return { taken, gone, done }
end
`

/**
 * KEYS stream, counts, order… · ARGV group, consumer, ids that it has just read… · the ids of those that may be handed out; nothing where
 * others have to enter first, who go on doing so at the next call.
 */
export const enterScript = script(`${keyOrderLua}
local ids, mine = { unpack(ARGV, 3) }, {}
if not enterAll(KEYS[1], ids) then return false end
for _, id in ipairs(ids) do
  local pending = pendingOf(KEYS[1], id)
  if pending and pending[2] == ARGV[2] then mine[#mine + 1] = id end
end
return mine`)

/** KEYS stream, counts, order… · ARGV group, consumer · lets a page of what was read enter. Returns 1 if that was the last. */
export const enterPageScript = script(`${keyOrderLua}
return enterAll(KEYS[1], {}) and 1 or 0`)

/**
 * KEYS stream, counts, order… · ARGV group, consumer, how many · takes events whose turn has come. Returns them, each with the
 * ordinal of this delivery, and the ids of those whose entry is gone.
 */
export const takeReadyScript = script(`${keyOrderLua}
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], group, '-', '+', ARGV[3], ready)) do
  take(ARGV[2], KEYS[1], pending)
end
return whatWasTaken()`)

/** KEYS stream, counts, order… · ARGV group, consumer, 1 if the stream is the group's own, ids… · settles them without asking whose they are. */
export const dropScript = script(`${keyOrderLua}
local result = 1
for i = 4, #ARGV do
  redis.call('XACK', KEYS[1], group, ARGV[i])
  if ARGV[3] == '1' then redis.call('XDEL', KEYS[1], ARGV[i]) end
  result = math.max(result, moveOn(ARGV[i], '0'))
end
return result`)

/**
 * KEYS stream, counts, order… · ARGV group, consumer, where the last call has ended or empty · lets the next ones of keys ahead whose
 * event is pending no more. Returns where it has ended, 1 if that is the end, and 1 if something is ready to be taken.
 */
export const turnsScript = script(`${keyOrderLua}
if redis.call('EXISTS', locks) == 0 then return { '', 1, 0 } end
local last, isAtEnd = ARGV[3], 0
for i = 1, 100 do
  local from = last == '' and '-' or '(' .. last .. ';'
  local member = redis.call('ZRANGEBYLEX', waiting, from, '+', 'LIMIT', 0, 1)[1]
  if not member then isAtEnd = 1 end
  -- The next call begins with the same key where more of its events are gone than there is patience.
  if not member or ahead(string.sub(member, 1, 40)) == false then break end
  last = string.sub(member, 1, 40)
end
return { last, isAtEnd, isAnyReady() and 1 or 0 }`)

/** KEYS stream, counts, order… · ARGV group, consumer · if something is ready to be taken, whoever hears the bell is to look. */
export const ringScript = script(`${keyOrderLua}
return isAnyReady() and ring()`)
