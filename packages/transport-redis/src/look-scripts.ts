import type { Redis } from 'ioredis'
import { runScript, script } from './run-script.ts'
import type { StreamGroup } from './stream-group.ts'
import { previousId } from './stream-ids.ts'

/**
 * KEYS the delayed events of each stream, then stream, redriven stream, counts and what waits behind others for each group · ARGV how many
 * streams, groups… · in how many ms the next delayed event of each stream is due, -1 where there is none; and of each group
 * the last id it was given and the first one pending, each empty if there is none, whether something may have been left there, and how many
 * of its losses nobody was told of.
 */
export const lookScript = script(`
local time = redis.call('TIME')
-- In microseconds, as the delayed events are.
local now = time[1] * 1000000 + time[2]
local streams, delays, groups = tonumber(ARGV[1]), {}, {}

local known = {}
local function groupsOf(stream)
  if known[stream] then return known[stream] end
  known[stream] = {}
  for _, row in ipairs(redis.pcall('XINFO', 'GROUPS', stream)) do
    local said = {}
    for i = 1, #row, 2 do said[row[i]] = row[i + 1] end
    known[stream][said['name']] = said
  end
  return known[stream]
end

local function isLeftOver(behind, redriven)
  return redis.call('EXISTS', behind, redriven) > 0
    and (redis.call('EXISTS', behind) == 1 or redis.call('XLEN', redriven) > 0)
end

for i = 1, streams do
  local later = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  delays[i] = later[2] and math.max(0, math.ceil((later[2] - now) / 1000)) or -1
end
for i = 2, #ARGV do
  local stream, redriven, counts, behind = unpack(KEYS, streams + 4 * i - 7, streams + 4 * i - 4)
  local said = groupsOf(stream)[ARGV[i]] or { pending = 0 }
  local first = said.pending > 0 and redis.call('XPENDING', stream, ARGV[i], '-', '+', 1)[1][1] or ''
  local isLeft = first ~= '' or isLeftOver(behind, redriven)
  local untold = tonumber(redis.call('HGET', counts, 'untold') or 0)
  groups[i - 1] = { said['last-delivered-id'] or '', first, isLeft and 1 or 0, untold }
end
return { delays, groups }`)

/** What a look shows of a group. */
export interface GroupLook {
  /** All up to this id was given to somebody and is done with; undefined when there is no such group. */
  readonly doneTo: string | undefined
  /** Whether there may be something that was given to somebody and not settled. */
  readonly isLeft: boolean
  /** Whether events were trimmed away that nobody was told of. */
  readonly isTrimmed: boolean
}

/** What a look shows of streams and groups, in the order in which they were asked for. */
export interface Look {
  /** In how many milliseconds the next delayed event of the stream is due; -1 where there is none. */
  readonly delaysMs: readonly number[]
  readonly groups: readonly GroupLook[]
}

/** Looks at streams, by the keys of their delayed events, and at groups, all in one command. */
export async function lookAt(
  commands: Redis,
  delayed: readonly string[],
  groups: readonly StreamGroup[],
): Promise<Look> {
  const keys = [...delayed, ...groups.flatMap(({ lookKeys }) => lookKeys)]
  const values = [delayed.length, ...groups.map(({ group }) => group)]
  const reply = await runScript(commands, lookScript, keys, values)
  const [delaysMs, looks] = reply as [number[], [string, string, number, number][]]
  return { delaysMs, groups: looks.map(readLook) }
}

function readLook([last, first, left, untold]: readonly [string, string, number, number]): GroupLook {
  return {
    doneTo: last === '' ? undefined : first === '' ? last : (previousId(first) ?? '0'),
    isLeft: left === 1,
    isTrimmed: untold > 0,
  }
}
