import {
  transportClosed,
  type BusError,
  type Health,
  type Risk,
  type TransportContext,
  type TransportKind,
} from '@lightbus/core/transport'
import { Connections } from './connections.ts'
import { KeyNames } from './key-names.ts'
import type { PlaceOptions } from './place-options.ts'
import { redisError } from './redis-errors.ts'
import { placeOf, type RedisPlace } from './redis-place.ts'
import { serverRisks } from './server-risks.ts'

/** What the four kinds have in common: opening, closing, and how the errors of the client reach the caller. */
export abstract class RedisTransport<Options extends PlaceOptions> {
  readonly name = 'redis'
  /** Which of the four it is. */
  protected abstract readonly kind: TransportKind
  readonly address: string
  protected readonly options: Options
  protected readonly context: TransportContext
  protected readonly keys: KeyNames
  private readonly place: RedisPlace
  private opening: Promise<Connections> | undefined
  private connections: Connections | undefined

  constructor(options: Options, context: TransportContext) {
    this.options = options
    this.context = context
    this.place = placeOf(options)
    this.keys = new KeyNames(
      options.namespace,
      options.keyNames ?? (this.place.hasSlots ? 'tagged' : 'lightbus'),
    )
    this.address = this.place.address
  }

  async open(): Promise<void> {
    const opening = (this.opening ??= this.connect())
    try {
      const connections = await opening
      if (this.opening === opening) this.connections = connections
    } catch (error) {
      if (this.opening === opening) this.opening = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    const opening = this.opening
    if (!opening) return
    this.opening = undefined
    const connections = await opening.catch(() => undefined)
    await this.letGo()
    this.connections = undefined
    await connections?.release()
  }

  async health(): Promise<Health> {
    if (!this.connections || !this.opening)
      return { isUp: false, why: transportClosed({ transport: this.name }).message }
    return this.connections.health()
  }

  risks(): Promise<readonly Risk[]> {
    return this.attempt(() => serverRisks(this.redis.commands, { ...this.options, kind: this.kind }))
  }

  private async connect(): Promise<Connections> {
    const connections = await Connections.acquire(this.place, this.context)
    try {
      await connections.check(this.kind, this.keys.probe())
      return connections
    } catch (error) {
      await connections.release()
      throw error
    }
  }

  /** Gives back what this kind holds while the connections still work. */
  protected letGo(): Promise<void> {
    return Promise.resolve()
  }

  /** The connections; throws `BUS_TRANSPORT_CLOSED` unless open. */
  protected get redis(): Connections {
    if (!this.connections || !this.opening) throw transportClosed({ transport: this.name })
    return this.connections
  }

  /** Does it, and turns what the client throws into an error of the bus. */
  protected async attempt<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw this.busError(error)
    }
  }

  protected busError(error: unknown): BusError {
    return redisError(error, this.address)
  }
}
