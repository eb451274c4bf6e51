import { BlockList, isIPv6 } from 'node:net'
import type { Redis } from 'ioredis'

/** What a server says of itself, as far as this user may ask, and how we have come to it. */
export interface ServerFacts {
  /** The fields of INFO. */
  readonly info: ReadonlyMap<string, string>
  /** What CONFIG GET tells, else what INFO does. */
  readonly settings: ReadonlyMap<string, string>
  /** What this user may not ask: `INFO`, `CONFIG GET`. */
  readonly refused: readonly string[]
  /** Whether the server is at an address that others reach too. */
  readonly isRemote: boolean
  readonly hasPassword: boolean
  readonly hasTls: boolean
  /** Whether somebody puts a replica in the place of a primary that dies. */
  readonly hasFailover: boolean
}

const asked = [
  'appendfsync',
  'appendonly',
  'maxmemory',
  'maxmemory-policy',
  'min-replicas-to-write',
  'protected-mode',
  'save',
  'timeout',
]

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Asks a server. Rejects when it cannot be reached, and not when it refuses to say. */
export async function factsOf(client: Redis): Promise<ServerFacts> {
  const text = await permitted(client.info())
  const info = new Map(
    [...(text ?? '').matchAll(/^(\w+):([^\r\n]*)/gm)].map(([, field = '', value = '']) => [field, value]),
  )
  // One by one: several at once are for Redis 7, and all that there are would bring the passwords along.
  const answers = await Promise.all(asked.map((name) => permitted(client.config('GET', name))))
  const told = answers.flatMap((answer, index) =>
    Array.isArray(answer) && answer.length === 2 ? [[asked[index] ?? '', String(answer[1])] as const] : [],
  )
  const { password, tls, sentinels } = client.options
  return {
    info,
    settings: new Map([...settingsIn(info), ...told]),
    refused: [
      ...(text === undefined ? ['INFO'] : []),
      ...(answers.includes(undefined) ? ['CONFIG GET'] : []),
    ],
    isRemote: isRemote(client.stream.remoteAddress),
    hasPassword: Boolean(password),
    hasTls: tls !== undefined,
    hasFailover: Boolean(sentinels?.length) || info.get('redis_mode') === 'cluster',
  }
}

/** Whether an address is another than that of this machine for itself; a socket of the file system has none. */
export function isRemote(address: string | undefined): boolean {
  return address !== undefined && !loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Those that INFO tells too. */
function settingsIn(info: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  const [memory, policy] = [info.get('maxmemory'), info.get('maxmemory_policy')]
  const appends = { 0: 'no', 1: 'yes' }[info.get('aof_enabled') ?? '']
  return [
    ...(memory === undefined ? [] : [['maxmemory', memory] as const]),
    ...(policy === undefined ? [] : [['maxmemory-policy', policy] as const]),
    ...(appends === undefined ? [] : [['appendonly', appends] as const]),
  ]
}

/** The answer, or undefined if the server gives none: to this user, or to anybody. */
async function permitted<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR unknown (sub)?command)/i.test(error.message)) return undefined
    throw error
  }
}
