import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { writeNow } from './one-write.ts'
import { isReplyError } from './redis-errors.ts'

/** A Lua script with the hash that Redis knows it by. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** A script with what it is to be about. */
export interface ScriptRun {
  readonly script: Script
  readonly keys: readonly string[]
  readonly values: readonly (string | number)[]
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

/** Likewise for what is gathered; where as much is gathered as may be, it is written before the turn of the loop is over. */
export function runGathered(
  client: Redis,
  { script, keys, values }: ScriptRun,
  isFull: boolean,
): Promise<unknown> {
  const running = runScript(client, script, keys, values)
  if (isFull) writeNow(client)
  return running
}
