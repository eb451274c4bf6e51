import { transportClosed, type BusError, type Health, type TransportContext } from '@lightbus/core/transport'
import { Connections } from './connections.ts'
import { KeyNames } from './key-names.ts'
import type { PlaceOptions } from './options.ts'
import { publicAddress, redisError } from './redis-errors.ts'

/** What the four kinds have in common: opening, closing, and how the errors of the client reach the caller. */
export abstract class RedisTransport<Options extends PlaceOptions> {
  readonly name = 'redis'
  readonly address: string
  protected readonly options: Options
  protected readonly context: TransportContext
  protected readonly keys: KeyNames
  private opening: Promise<Connections> | undefined
  private connections: Connections | undefined

  constructor(options: Options, context: TransportContext) {
    this.options = options
    this.context = context
    this.keys = new KeyNames(options.namespace)
    this.address = publicAddress(options.url)
  }

  async open(): Promise<void> {
    const opening = (this.opening ??= Connections.acquire(this.options.url, this.context))
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
    await connections?.release(this.options.url)
  }

  async health(): Promise<Health> {
    if (!this.connections || !this.opening)
      return { isUp: false, why: transportClosed({ transport: this.name }).message }
    return this.connections.health()
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
