import type { Health, TransportContext, TransportKind } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { Doorbell, Doorbells } from './doorbell.ts'
import { ListReader, ListReaders } from './list-reader.ts'
import { connect, ready } from './redis-client.ts'
import { acquainted, primariesOf } from './redis-cluster.ts'
import { redisError } from './redis-errors.ts'
import type { RedisPlace } from './redis-place.ts'
import { Replicas } from './replicas.ts'
import { checkCommands, checkServer } from './server-check.ts'

const pingMs = 1_000

const perBus = new WeakMap<TransportContext, Map<unknown, Promise<Connections>>>()

/**
 * What the transports of one bus share of one place: one connection for commands, one that waits for events, one that
 * waits for calls and results. The latter two are made when first needed; in a Cluster, for each slot.
 */
export class Connections {
  readonly address: string
  readonly commands: Redis
  readonly doorbell: Doorbells
  readonly lists: ListReaders
  readonly replicas: Replicas
  private readonly place: RedisPlace
  private readonly context: TransportContext
  private readonly lost = new Set<string>()
  private readonly onClose = (): void => this.watch('commands', false)
  private readonly onReady = (): void => this.watch('commands', true)
  private users = 0
  private isClosed = false

  private constructor(place: RedisPlace, context: TransportContext, commands: Redis) {
    this.address = place.address
    this.place = place
    this.context = context
    this.commands = commands
    const open = (key: string) => () => place.waiting(key, commands)
    const watch = (name: string) => (isUp: boolean, error?: unknown) => this.watch(name, isUp, error)
    this.doorbell = new Doorbells(
      place.hasSlots,
      (key) => new Doorbell(commands, open(key), watch(`events ${key}`)),
    )
    this.lists = new ListReaders(
      place.hasSlots,
      (key) => new ListReader(commands, open(key), watch(`lists ${key}`)),
    )
    this.replicas = new Replicas(commands)
    commands.on('close', this.onClose)
    commands.on('ready', this.onReady)
  }

  /** Opens, or joins what another transport of the bus has opened. Rejects in about three seconds, leaving nothing behind. */
  static async acquire(place: RedisPlace, context: TransportContext): Promise<Connections> {
    const byPlace = perBus.get(context) ?? new Map<unknown, Promise<Connections>>()
    perBus.set(context, byPlace)
    const opening = byPlace.get(place.id) ?? Connections.open(place, context)
    byPlace.set(place.id, opening)
    try {
      const connections = await opening
      if (connections.isClosed) return await Connections.acquire(place, context)
      connections.users += 1
      return connections
    } catch (error) {
      if (byPlace.get(place.id) === opening) byPlace.delete(place.id)
      throw error
    }
  }

  private static async open(place: RedisPlace, context: TransportContext): Promise<Connections> {
    const { address, isOwn } = place
    let client: Redis | undefined
    try {
      client = place.commands()
      await (isOwn ? connect(client) : ready(client))
      await acquainted(client)
      await checkServer({ client, address, isOwn }, context)
      return new Connections(place, context, client)
    } catch (error) {
      if (isOwn) client?.disconnect()
      throw redisError(error, address)
    }
  }

  /** Refuses a user or a server that cannot do what this kind of transport needs; `key` stands for its keys. */
  async check(kind: TransportKind, key: string): Promise<void> {
    const client = primariesOf(this.commands)[0] ?? this.commands
    try {
      await checkCommands({ client, address: this.address }, kind, key)
    } catch (error) {
      throw redisError(error, this.address)
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
  async release(): Promise<void> {
    this.users -= 1
    if (this.users > 0 || this.isClosed) return
    this.isClosed = true
    perBus.get(this.context)?.delete(this.place.id)
    await Promise.allSettled([this.doorbell.close(), this.lists.close()])
    this.commands.off('close', this.onClose)
    this.commands.off('ready', this.onReady)
    this.replicas.close()
    if (this.place.isOwn) this.commands.disconnect()
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
