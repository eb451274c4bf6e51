import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TransportOptions } from '@lightbus/core/transport'
import { Redis } from 'ioredis'
import type { Cut, Upheaval } from './faults.ts'

const patienceMs = 15_000

/** What the transports of the run are told of Redis. */
export interface Whereabouts {
  readonly place: TransportOptions
  /** How many replicas have to have an event, and to know of a call that is taken; undefined where there are none. */
  readonly waitReplicas?: TransportOptions
}

/** The Redis of a site: where it is, and what can be done to it. */
export interface Broker {
  /** Kind and version, as people say it. */
  readonly how: string
  readonly whereabouts: Whereabouts
  /** Closes connections of clients; where nobody answers there are none. */
  cut(cut: Cut): Promise<void>
  /** Resolves when it is over and everything is as before. Rejects a fault that is none of this broker. */
  suffer(fault: Upheaval): Promise<void>
  close(): Promise<void>
}

/** What `scripts/redis-servers.mjs` starts, as far as it is used here. */
interface Started {
  readonly kind: string
  readonly version: string
  stop(): Promise<void>
}

interface StartedServer extends Started {
  readonly url: string
  start(): Promise<void>
  end(how: { readonly kill: boolean }): Promise<void>
}

interface StartedSentinel extends Started {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  readonly name: string
  primary(): Promise<{ readonly port: number }>
  failover(): Promise<void>
}

interface Scripts {
  readonly serverNames: readonly string[]
  startServer(
    name: string,
    options: { readonly persistent: boolean; readonly settings: readonly string[] },
  ): Promise<StartedServer>
  startSentinel(options: { readonly server: string }): Promise<StartedSentinel>
}

const scripts = new URL('../../scripts/redis-servers.mjs', import.meta.url)

/** Servers by name, which end when stopped, and when this process ends. */
export const { serverNames, startServer, startSentinel } = (await import(scripts.href)) as Scripts

/** Asks the server over a connection of its own. */
export async function ask<T>(port: number, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    commandTimeout: patienceMs,
    retryStrategy: () => null,
  })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

/** Closes connections at the server: all, those that wait for messages, or the one that `pick` falls on. */
export function cutAt(port: number, { which, pick }: Cut): Promise<void> {
  return ask(port, async (redis) => {
    const clients = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n')
    const others = clients.filter((line) => line.includes('id=') && !line.includes('cmd=client'))
    const picked = pick % others.length
    const meant =
      which === 'one'
        ? others.slice(picked, picked + 1)
        : others.filter((line) => which === 'all' || /flags=\w*b/.test(line))
    const ids = meant.flatMap((line) => /\bid=(\d+)/.exec(line)?.[1] ?? [])
    await Promise.all(ids.map((id) => redis.call('CLIENT', 'KILL', 'ID', id)))
  })
}

/** Pauses the server at the port: its connections stay, and nobody answers. */
export async function stallAt(port: number, forMs: number): Promise<void> {
  const said = await ask(port, (redis) => redis.info('server'))
  const process = /process_id:(\d+)/.exec(said)?.[1] ?? ''
  // A process of its own wakes the server also where the run ends meanwhile.
  const pause = `kill -STOP "$0"; sleep "$1"; kill -CONT "$0"`
  const shell = spawn('sh', ['-c', pause, process, String(forMs / 1_000)], {
    stdio: 'ignore',
    detached: true,
  })
  await once(shell, 'exit')
}
