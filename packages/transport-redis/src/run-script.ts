import { createHash } from 'node:crypto'
import { Command, type Redis } from 'ioredis'
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

/**
 * Likewise for what is gathered already. Where nothing else is to be written it goes to the connection at once: it gains nothing from waiting for
 * the end of the loop's turn, where auto-pipelining would put it, and the other side can begin sooner.
 */
export function runGathered(
  client: Redis,
  { script, keys, values }: ScriptRun,
  isAlone: boolean,
): Promise<unknown> {
  return isAlone ? runNow(client, { script, keys, values }) : runScript(client, script, keys, values)
}

async function runNow(client: Redis, { script: { lua, sha }, keys, values }: ScriptRun): Promise<unknown> {
  const about = [keys.length, ...keys, ...values]
  try {
    return await client.sendCommand(new Command('evalsha', [sha, ...about], utf8))
  } catch (error) {
    if (!isReplyError(error, 'NOSCRIPT')) throw error
    return client.sendCommand(new Command('eval', [lua, ...about], utf8))
  }
}

const utf8 = { replyEncoding: 'utf8' } as const
