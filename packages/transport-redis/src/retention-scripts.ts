import { script } from './run-script.ts'

// Ids are compared as texts: Lua's numbers are not exact for all of them.
const ids = `
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function before(a, b)
  local aMs, aSequence = string.match(a, '^(%d+)-(%d+)$')
  local bMs, bSequence = string.match(b, '^(%d+)-(%d+)$')
  if aMs ~= bMs then return less(aMs, bMs) end
  return less(aSequence, bSequence)
end
`

const groups = `
local function groupsOf(stream)
  local groups = {}
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local said = {}
    for i = 1, #row, 2 do said[row[i]] = row[i + 1] end
    local key = stream .. ':' .. said['name']
    local group = { name = said['name'], last = said['last-delivered-id'], counts = key .. ':counts', lost = 0 }
    if said['pending'] > 0 then group.lowest = redis.call('XPENDING', stream, group.name)[2] end
    if redis.call('EXISTS', key .. ':hears') == 1 then group.hears = key .. ':hears' end
    groups[#groups + 1] = group
  end
  return groups
end

local function isHeard(group, fields)
  if #fields == 2 and fields[1] == '' and fields[2] == '' then return false end
  local api, event
  for i = 1, #fields, 2 do
    if fields[i] == 'api_name' then api = fields[i + 1] end
    if fields[i] == 'event_name' then event = fields[i + 1] end
  end
  if not api or not event or not group.hears then return true end
  return redis.call('SISMEMBER', group.hears, api .. '\\0' .. event) == 1
end
`

/**
 * KEYS stream · ARGV length to keep, length above which also what is not finished goes, how many entries at most · the groups are
 * looked at and the head is taken away in one step, so that nothing goes that a group has not finished, and what goes all
 * the same is counted exactly, for the group that was not given it. Returns 1 if there is more to do, then groups and their
 * losses in turn. In pages, since entries may be large.
 */
export const trimScript = script(`${ids}${groups}
local length = redis.call('XLEN', KEYS[1])
local goal = math.max(tonumber(ARGV[1]), length - ARGV[3])
local limit = tonumber(ARGV[2])
if length <= goal then return { 0 } end
local groups = groupsOf(KEYS[1])

local function isFinished(id)
  for _, group in ipairs(groups) do
    if before(group.last, id) or (group.lowest and not before(id, group.lowest)) then return false end
  end
  return true
end

while length > goal do
  local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(10, length - goal))
  local gone = 0
  for _, entry in ipairs(page) do
    if length - gone <= limit and not isFinished(entry[1]) then break end
    for _, group in ipairs(groups) do
      if before(group.last, entry[1]) and isHeard(group, entry[2]) then group.lost = group.lost + 1 end
    end
    gone = gone + 1
  end
  length = length - gone
  if gone > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', length) end
  if gone < #page or gone == 0 then break end
end

local result = { (length == goal and length > tonumber(ARGV[1])) and 1 or 0 }
for _, group in ipairs(groups) do
  if group.lost > 0 then
    redis.call('HINCRBY', group.counts, 'trimmed', group.lost)
    redis.call('HINCRBY', group.counts, 'untold', group.lost)
    result[#result + 1] = group.name
    result[#result + 1] = group.lost
  end
end
return result`)

/** KEYS counts of a group · how many of its events were trimmed away since somebody asked. */
export const untoldScript = script(`
local untold = redis.call('HGET', KEYS[1], 'untold')
redis.call('HDEL', KEYS[1], 'untold')
return tonumber(untold or 0)`)

/** KEYS what a group hears · ARGV its events · what the last one to subscribe says counts. */
export const hearScript = script(`
redis.call('DEL', KEYS[1])
return redis.call('SADD', KEYS[1], unpack(ARGV))`)
