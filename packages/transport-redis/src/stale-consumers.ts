import type { Redis } from 'ioredis'
import { behindConsumer, readyConsumer } from './key-order.ts'
import { livingConsumers } from './key-names.ts'
import { runScript, script } from './run-script.ts'
import type { StreamGroup } from './stream-group.ts'

/**
 * KEYS stream and living consumers of each group · ARGV consumer, ttl ms, groups… · this consumer lives; one that has given no sign of life,
 * has nothing pending and has asked for nothing for so long is deleted. In one step, since whoever deletes a consumer
 * deletes what is pending to it. Returns the place and the name of each consumer that is no process and has something pending.
 */
export const tidyScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine, ttl, kept = ARGV[1], tonumber(ARGV[2]), {}

local function tidy(place, stream, living, group, consumers)
  redis.call('ZREMRANGEBYSCORE', living, '-inf', now)
  redis.call('ZADD', living, now + ttl, mine)
  redis.call('PEXPIRE', living, ttl)
  for _, row in ipairs(consumers) do
    local said = {}
    for i = 1, #row, 2 do said[row[i]] = row[i + 1] end
    local name = said['name']
    if said['pending'] > 0 then
      if name == '${behindConsumer}' or name == '${readyConsumer}' then kept[#kept + 1] = { place, name } end
    elseif said['idle'] >= ttl and not redis.call('ZSCORE', living, name) then
      redis.call('XGROUP', 'DELCONSUMER', stream, group, name)
    end
  end
end

for i = 3, #ARGV do
  local stream, living = KEYS[2 * i - 5], KEYS[2 * i - 4]
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, ARGV[i])
  -- Where there is no such group there is nothing to tidy.
  if not consumers.err then tidy(i - 3, stream, living, ARGV[i], consumers) end
end
return kept`)

/** A consumer that is no process: it has what waits for its turn. */
interface Keeper {
  readonly group: StreamGroup
  readonly consumer: string
}

/**
 * Says that this process lives as a consumer of the groups, and deletes those that have long gone with nothing in their hands. Returns
 * who has something and cannot say so itself.
 */
export async function tidyConsumers(
  commands: Redis,
  groups: readonly StreamGroup[],
  ttlMs: number,
): Promise<readonly Keeper[]> {
  const keys = groups.flatMap(({ stream, group }) => [stream, livingConsumers(stream, group)])
  const names = groups.map(({ group }) => group)
  const values = [groups[0]?.consumer ?? '', Math.ceil(ttlMs), ...names]
  const kept = (await runScript(commands, tidyScript, keys, values)) as [number, string][]
  return kept.flatMap(([place, consumer]) => {
    const group = groups[place]
    return group ? [{ group, consumer }] : []
  })
}
