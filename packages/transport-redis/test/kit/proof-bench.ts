import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  createCall,
  createEventMessage,
  realClock,
  type EventMessage,
  type EventTransport,
  type ResultTransport,
  type RpcMessage,
  type RpcTransport,
  type SchemaTransport,
  type SubscriptionRequest,
  type Transport,
  type TransportContext,
  type TransportFactory,
  type TransportOptions,
} from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { transportModule } from '../../src/index.ts'
import { FaultProxy } from './fault-proxy.ts'
import { ask, deleteKeys } from './redis-keys.ts'

export const address = { apiName: 'shop.orders', eventName: 'placed' }

// All options are proved at once.
const patienceMs = 20_000

/** A request as it went over the wire. */
export interface Sent {
  readonly connection: number
  readonly words: readonly string[]
}

/** Where an option is proved: a namespace, with a proxy of its own that keeps what is asked of Redis. */
export class ProofBench {
  readonly namespace = `proof-${randomUUID()}:`
  readonly proxy: FaultProxy
  /** All requests so far. */
  readonly sent: Sent[] = []
  readonly #directUrl: string
  readonly #open: Transport[] = []
  readonly #ending = new AbortController()

  private constructor(directUrl: string, proxy: FaultProxy) {
    this.#directUrl = directUrl
    this.proxy = proxy
    proxy.onRequest = (words, connection) => this.sent.push({ words, connection })
  }

  static async at(directUrl: string): Promise<ProofBench> {
    const { hostname, port } = new URL(directUrl)
    return new ProofBench(directUrl, await FaultProxy.to({ host: hostname, port: Number(port || 6379) }))
  }

  /** The way to this database through the proxy. */
  url(database = Number(new URL(this.#directUrl).pathname.slice(1) || 0)): string {
    const url = new URL(this.#directUrl)
    url.host = `127.0.0.1:${this.proxy.port}`
    url.pathname = `/${database}`
    return url.href
  }

  event(options?: TransportOptions): Promise<EventTransport> {
    return this.#opened(transportModule.event, options)
  }

  rpc(options?: TransportOptions): Promise<RpcTransport> {
    return this.#opened(transportModule.rpc, options)
  }

  result(options?: TransportOptions): Promise<ResultTransport> {
    return this.#opened(transportModule.result, options)
  }

  schema(options?: TransportOptions): Promise<SchemaTransport> {
    return this.#opened(transportModule.schema, options)
  }

  /** The ids of what a member of the group `mail` is given, as it comes; it acknowledges nothing. */
  async heard(events: EventTransport, since?: SubscriptionRequest['since']): Promise<readonly unknown[]> {
    const ids: unknown[] = []
    const subscription = await events.subscribe({ ...listener, ...(since === undefined ? {} : { since }) })
    const hear = async (): Promise<void> => {
      for await (const { event } of subscription.deliveries(this.#ending.signal)) ids.push(event?.id)
    }
    void hear()
    return ids
  }

  /** Past the transports. */
  ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
    return ask(this.#directUrl, act)
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const endsAt = performance.now() + patienceMs
    while (!(await holds())) {
      if (performance.now() > endsAt) throw new Error(`Waited in vain until ${what}.`)
      await pause(5)
    }
  }

  async close(): Promise<void> {
    await this.proxy.restore()
    this.#ending.abort()
    await Promise.all(this.#open.map((transport) => transport.close()))
    this.proxy.close()
    await this.ask((redis) => deleteKeys(redis, this.namespace))
  }

  /** In a process of its own. */
  async #opened<T extends Transport>(
    factory: TransportFactory<T> | undefined,
    options?: TransportOptions,
  ): Promise<T> {
    if (!factory) throw new Error('There is no such transport.')
    const context: TransportContext = {
      serviceName: 'shop',
      processName: randomUUID(),
      clock: realClock,
      report: () => undefined,
    }
    const transport = factory.create({ url: this.url(), namespace: this.namespace, ...options }, context)
    this.#open.push(transport)
    await transport.open()
    return transport
  }
}

/** A member of the group `mail`. */
export const listener: SubscriptionRequest = {
  listenerName: 'mail',
  events: [address],
  prefetch: () => 1_000,
}

export function eventNamed(id: string): EventMessage {
  return createEventMessage({ ...address, id, parameters: {} })
}

export function callOf(text: string, returnPath = 'redis+key://nowhere'): RpcMessage {
  const call = createCall({ apiName: address.apiName, procedureName: 'buy', parameters: { text } })
  return { ...call, returnPath }
}
