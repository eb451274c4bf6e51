import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { isReplyError } from './redis-errors.ts'

/** A Lua script with the hash that Redis knows it by. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Runs a script by its hash, and with its text where the server does not know it yet. Nothing has run in that case, so this never runs it twice. */
export async function runScript(
  client: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...values)
  } catch (error) {
    if (!isReplyError(error, 'NOSCRIPT')) throw error
    return client.eval(lua, keys.length, ...keys, ...values)
  }
}
