import { script } from './run-script.ts'

/** What is kept for a call that has begun and has no outcome yet; no JSON. */
export const runningMark = 'running'

/** KEYS outcome · ARGV ttl ms · false for the first who asks, to all others what is kept: the mark or the outcome. */
export const claimOutcomeScript = script(`
local known = redis.call('GET', KEYS[1])
if not known then redis.call('SET', KEYS[1], '${runningMark}', 'PX', ARGV[1]) end
return known`)

/** KEYS outcome · ARGV outcome, ttl ms · the first outcome stays, also when a claim was over before its call had ended. */
export const recordOutcomeScript = script(`
local known = redis.call('GET', KEYS[1])
if known and known ~= '${runningMark}' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

/** KEYS outcome · an outcome stays: only a call that is still running can have failed. */
export const releaseOutcomeScript = script(`
if redis.call('GET', KEYS[1]) == '${runningMark}' then return redis.call('DEL', KEYS[1]) end
return 0`)
