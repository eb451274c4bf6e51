import type { Redis } from 'ioredis'
import { livingConsumers } from './key-names.ts'
import { isReplyError } from './redis-errors.ts'
import { runScript, script } from './run-script.ts'

/**
 * KEYS stream, living consumers · ARGV group, consumer, ttl ms · this consumer lives; one that has given no sign of life, has nothing
 * pending and has asked for nothing for so long is deleted. In one step, since whoever deletes a consumer deletes what is
 * pending to it.
 */
export const tidyScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local consumers = redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local deleted = 0
for _, row in ipairs(consumers) do
  local said = {}
  for i = 1, #row, 2 do said[row[i]] = row[i + 1] end
  if said['pending'] == 0 and said['idle'] >= tonumber(ARGV[3]) and not redis.call('ZSCORE', KEYS[2], said['name']) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], said['name'])
    deleted = deleted + 1
  end
end
return deleted`)

interface Member {
  readonly stream: string
  readonly group: string
  readonly consumer: string
}

/** Says that this consumer of a group lives, and deletes those that have long gone with nothing in their hands. Returns how many. */
export async function tidyConsumers(
  commands: Redis,
  { stream, group, consumer }: Member,
  ttlMs: number,
): Promise<number> {
  const keys = [stream, livingConsumers(stream, group)]
  try {
    return (await runScript(commands, tidyScript, keys, [group, consumer, Math.ceil(ttlMs)])) as number
  } catch (error) {
    // There is nothing to tidy, or whoever reads next makes it again.
    if (isReplyError(error, 'NOGROUP') || isReplyError(error, 'no such key')) return 0
    throw error
  }
}
