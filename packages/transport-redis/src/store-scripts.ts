import { script } from './run-script.ts'

/** KEYS claim · ARGV owner, ttl ms · 1 when the claim is the owner's now. */
export const claimScript = script(`
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

/** KEYS claim · ARGV owner · nobody gives up what is another's. */
export const releaseClaimScript = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)
