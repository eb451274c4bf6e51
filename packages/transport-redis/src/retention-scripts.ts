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
-- Each group, with the first entry that it has not finished, and the last that it was given.
local function groupsOf(stream)
  local groups = {}
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local said = {}
    for i = 1, #row, 2 do said[row[i]] = row[i + 1] end
    local key = stream .. ':' .. said['name']
    local group = { name = said['name'], last = said['last-delivered-id'], key = key, lost = 0 }
    if said['pending'] > 0 then group.lowest = redis.call('XPENDING', stream, group.name, '-', '+', 1)[1][1] end
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
  if group.hears == nil then group.hears = redis.call('EXISTS', group.key .. ':hears') == 1 end
  if not api or not event or not group.hears then return true end
  return redis.call('SISMEMBER', group.key .. ':hears', api .. '\\0' .. event) == 1
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

-- All groups were given what is no later than the one, and have finished what is before the other.
local groups, given, pending = groupsOf(KEYS[1]), nil, nil
for _, group in ipairs(groups) do
  if not given or before(group.last, given) then given = group.last end
  if group.lowest and (not pending or before(group.lowest, pending)) then pending = group.lowest end
end
local function isGiven(id)
  return not given or not before(given, id)
end
local function isFinished(id)
  return isGiven(id) and (not pending or before(id, pending))
end

-- How often a group may be asked what it hears.
local patience = 500
local function lose(entry)
  if isGiven(entry[1]) then return end
  for _, group in ipairs(groups) do
    if before(group.last, entry[1]) then
      patience = patience - 1
      if isHeard(group, entry[2]) then group.lost = group.lost + 1 end
    end
  end
end

-- Nobody misses anything.
if #groups == 0 then
  redis.call('XTRIM', KEYS[1], 'MAXLEN', goal)
  length = goal
end

while length > goal and patience > 0 do
  local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(10, length - goal))
  -- What is no later than something finished is finished itself.
  local gone = #page > 0 and isFinished(page[#page][1]) and #page or 0
  for _, entry in ipairs(gone == 0 and page or {}) do
    if (length - gone <= limit and not isFinished(entry[1])) or patience <= 0 then break end
    lose(entry)
    gone = gone + 1
  end
  length = length - gone
  if gone > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', length) end
  if gone < #page or gone == 0 then break end
end

local isMore = (length == goal or patience <= 0) and length > tonumber(ARGV[1])
local result = { isMore and 1 or 0 }
for _, group in ipairs(groups) do
  if group.lost > 0 then
    redis.call('HINCRBY', group.key .. ':counts', 'trimmed', group.lost)
    redis.call('HINCRBY', group.key .. ':counts', 'untold', group.lost)
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
