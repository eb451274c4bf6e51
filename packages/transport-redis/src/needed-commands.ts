import * as callScripts from './call-scripts.ts'
import * as eventScripts from './event-scripts.ts'
import * as keyOrderScripts from './key-order-scripts.ts'
import * as outcomeScripts from './outcome-scripts.ts'
import * as retentionScripts from './retention-scripts.ts'
import { lookScript } from './look-scripts.ts'
import { tidyScript } from './stale-consumers.ts'
import * as storeScripts from './store-scripts.ts'
import type { Script } from './run-script.ts'
import type { TransportKind } from '@lightbus/core/transport'

// With as many arguments as each wants, so that a server looks at the permission; it is never told to do it.
const samples: readonly (readonly string[])[] = [
  'BLPOP key 1',
  'CLIENT ID',
  'CLIENT UNBLOCK 1',
  'DEL key',
  'EVAL return 0',
  'EVALSHA sha 0',
  'EXISTS key',
  'GET key',
  'HDEL key field',
  'HGET key field',
  'HGETALL key',
  'HINCRBY key field 1',
  'HSET key field value',
  'LPUSH key value',
  'LRANGE key 0 1',
  'LREM key 1 value',
  'LTRIM key 0 1',
  'MGET key',
  'PEXPIRE key 1',
  'PING',
  'PTTL key',
  'RPUSH key value',
  'SADD key member',
  'SET key value',
  'SISMEMBER key member',
  'SMEMBERS key',
  'SREM key member',
  'TIME',
  'WAIT 0 1',
  'XACK key group 1-1',
  'XADD key * field value',
  'XCLAIM key group consumer 1 1-1',
  'XDEL key 1-1',
  'XGROUP CREATE key group $',
  'XGROUP DELCONSUMER key group consumer',
  'XINFO CONSUMERS key group',
  'XINFO GROUPS key',
  'XLEN key',
  'XPENDING key group',
  'XRANGE key - +',
  'XREAD COUNT 1 STREAMS key 0',
  'XREADGROUP GROUP group consumer STREAMS key >',
  'XREVRANGE key + -',
  'XTRIM key MAXLEN 1',
  'ZADD key 1 member',
  'ZCARD key',
  'ZCOUNT key 0 1',
  'ZRANGE key 0 1',
  'ZRANGEBYLEX key - +',
  'ZRANGEBYSCORE key 0 1',
  'ZREM key member',
  'ZREMRANGEBYSCORE key 0 1',
  'ZSCORE key member',
].map((sample) => sample.split(' '))
const known = new Set(samples.map(([name]) => name))

const always = ['PING', 'EVAL', 'EVALSHA']
const ofEvents =
  'CLIENT GET SET TIME XADD XREAD XREADGROUP XACK XDEL XGROUP XINFO XPENDING XRANGE XREVRANGE HGETALL ZREM'.split(
    ' ',
  )
const scripts = {
  event: [
    ...inModule(eventScripts),
    ...inModule(keyOrderScripts),
    ...inModule(retentionScripts),
    ...inModule(storeScripts),
    lookScript,
    tidyScript,
  ],
  rpc: [
    callScripts.sendCallsScript,
    callScripts.claimScript,
    callScripts.cancelScript,
    callScripts.busyListsScript,
    callScripts.takeScript,
    callScripts.takeDirectScript,
    callScripts.leaveScript,
    callScripts.heartbeatScript,
    ...inModule(outcomeScripts),
  ],
  result: [callScripts.replyScript, callScripts.busyListsScript, callScripts.takeScript],
  schema: [callScripts.storeSchemaScript, callScripts.forgetSchemaScript],
} satisfies Record<TransportKind, readonly Script[]>
const direct: Readonly<Record<TransportKind, readonly string[]>> = {
  event: ofEvents,
  rpc: ['BLPOP', 'CLIENT', 'DEL', 'HDEL', 'HSET', 'LPUSH'],
  result: ['BLPOP', 'CLIENT', 'DEL', 'PEXPIRE', 'SET'],
  schema: ['MGET', 'SMEMBERS'],
}

/** The commands that a kind of transport sends, by itself and from within scripts, in the order of their names. */
export function commandsOf(kind: TransportKind): readonly string[] {
  const inScripts = scripts[kind].flatMap(({ lua }) =>
    [...lua.matchAll(/'([A-Z]{3,})'/g)].map(([, name]) => name ?? ''),
  )
  const isCommand = (name: string): boolean => known.has(name)
  return [...new Set([...always, ...direct[kind], ...inScripts.filter(isCommand)])].sort()
}

/** Each of them as it may be sent, about this key. */
export function samplesOf(kind: TransportKind, key: string): readonly (readonly string[])[] {
  const names = new Set(commandsOf(kind))
  return samples
    .filter(([name = '']) => names.has(name))
    .map((words) => words.map((word) => (word === 'key' ? key : word)))
}

function inModule(module: Readonly<Record<string, unknown>>): readonly Script[] {
  return Object.values(module).filter(isScript)
}

function isScript(value: unknown): value is Script {
  return typeof value === 'object' && value !== null && 'lua' in value && typeof value.lua === 'string'
}
