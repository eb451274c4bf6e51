import type { Health, TransportContext } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { connect, commandClient } from './redis-client.ts'
import { Doorbell } from './doorbell.ts'
import { ListReader } from './list-reader.ts'
import { publicAddress, redisError, redisRefused } from './redis-errors.ts'

const pingMs = 1_000

const perBus = new WeakMap<TransportContext, Map<string, Promise<Connections>>>()

/**
 * What the transports of one bus share of one server: one connection for commands, one that waits for events, one that
 * waits for calls and results. The latter two are made when first needed.
 */
export class Connections {
  readonly address: string
  readonly commands: Redis
  readonly doorbell: Doorbell
  readonly lists: ListReader
  private readonly context: TransportContext
  private readonly lost = new Set<string>()
  private users = 0
  private isClosed = false

  private constructor(url: string, context: TransportContext, commands: Redis) {
    this.address = publicAddress(url)
    this.context = context
    this.commands = commands
    const watch = (name: string) => (isUp: boolean, error?: unknown) => this.watch(name, isUp, error)
    this.doorbell = new Doorbell(url, commands, watch('events'))
    this.lists = new ListReader(url, commands, watch('lists'))
    commands.on('close', () => this.watch('commands', false))
    commands.on('ready', () => this.watch('commands', true))
  }

  /** Opens, or joins what another transport of the bus has opened. Rejects in about three seconds, leaving nothing behind. */
  static async acquire(url: string, context: TransportContext): Promise<Connections> {
    const byUrl = perBus.get(context) ?? new Map<string, Promise<Connections>>()
    perBus.set(context, byUrl)
    const opening = byUrl.get(url) ?? Connections.open(url, context)
    byUrl.set(url, opening)
    try {
      const connections = await opening
      if (connections.isClosed) return await Connections.acquire(url, context)
      connections.users += 1
      return connections
    } catch (error) {
      if (byUrl.get(url) === opening) byUrl.delete(url)
      throw error
    }
  }

  private static async open(url: string, context: TransportContext): Promise<Connections> {
    const address = publicAddress(url)
    let client: Redis | undefined
    try {
      client = commandClient(url)
      await connect(client)
      const info = await client.info('server')
      const version = /redis_version:(\d+)/.exec(info)?.[1]
      if (version !== undefined && Number(version) < 5)
        throw redisRefused({ address, why: `its version ${version} has no streams; 5.0 is needed` })
      return new Connections(url, context, client)
    } catch (error) {
      client?.disconnect()
      throw redisError(error, address)
    }
  }

  /** Whether Redis answers within a second, and what waits for messages makes progress. Never rejects. */
  async health(): Promise<Health> {
    let cancel: (() => void) | undefined
    const late = new Promise<never>((_, reject) => {
      cancel = this.context.clock.after(pingMs, () => reject(new Error(`no answer within ${pingMs} ms`)))
    })
    try {
      await Promise.race([this.commands.ping(), late])
    } catch (error) {
      return { isUp: false, why: redisError(error, this.address).message }
    } finally {
      cancel?.()
    }
    if (this.doorbell.isStuck) return { isUp: false, why: 'The connection that waits for events is stuck.' }
    if (this.lists.isStuck)
      return { isUp: false, why: 'The connection that waits for calls and results is stuck.' }
    return { isUp: true }
  }

  /** One user less; the last one closes. */
  async release(url: string): Promise<void> {
    this.users -= 1
    if (this.users > 0 || this.isClosed) return
    this.isClosed = true
    perBus.get(this.context)?.delete(url)
    await Promise.allSettled([this.doorbell.close(), this.lists.close()])
    this.commands.disconnect()
  }

  /** Tells the bus once when something is lost, and once when all is back. */
  private watch(name: string, isUp: boolean, error?: unknown): void {
    if (this.isClosed) return
    const wasUp = this.lost.size === 0
    if (isUp) this.lost.delete(name)
    else this.lost.add(name)
    if (wasUp === (this.lost.size === 0)) return
    const message = isUp
      ? `The connection to ${this.address} is back.`
      : `The connection to ${this.address} is lost; trying again until it is back.`
    this.context.report({
      type: isUp ? 'connection-back' : 'connection-lost',
      transport: 'redis',
      message,
      ...(error === undefined ? {} : { error: redisError(error, this.address) }),
    })
  }
}
