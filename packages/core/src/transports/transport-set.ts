import type { EventTransport } from '../contracts/event-transport.ts'
import type { Log } from '../contracts/log.ts'
import type { ResultTransport } from '../contracts/result-transport.ts'
import type { RpcTransport } from '../contracts/rpc-transport.ts'
import type { SchemaTransport } from '../contracts/schema-transport.ts'
import type { Transport, TransportContext } from '../contracts/transport.ts'
import type { TransportKind, TransportModule, TransportOptions } from '../contracts/transport-module.ts'
import { transportKindAbsent } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'

/** Which transport carries what, with its options complete. */
export interface Choice {
  readonly transport: string
  readonly options: TransportOptions
}

/** What carries messages, and where: without credentials. */
export interface Carrier {
  readonly transport: string
  readonly address: string
}

export interface TransportSetParts {
  readonly modules: ReadonlyMap<string, TransportModule>
  readonly choose: (kind: TransportKind, apiName: string) => Choice
  readonly context: TransportContext
  readonly log: Log
}

/** How long a broker is waited for. */
export interface Patience {
  readonly signal: AbortSignal
  /** Milliseconds since the epoch, after which the next failure is final; Infinity for ever. */
  readonly giveUpAt: number
}

interface Transports {
  readonly event: EventTransport
  readonly rpc: RpcTransport
  readonly result: ResultTransport
  readonly schema: SchemaTransport
}

/** Owns every transport of a bus: makes them at their first use, opens and closes them. The only door to a transport. */
export class TransportSet {
  readonly #parts: TransportSetParts
  readonly #made = new Map<string, Transport>()
  /** The same by kind and API: looked for with every message. */
  readonly #chosen: Readonly<Record<TransportKind, Map<string, Transport>>> = {
    event: new Map(),
    rpc: new Map(),
    result: new Map(),
    schema: new Map(),
  }
  readonly #opening = new Map<Transport, Promise<void>>()
  readonly #ready = new Set<Transport>()

  constructor(parts: TransportSetParts) {
    this.#parts = parts
  }

  /** The open transport for the events, calls or results of an API. Rejects as {@link Transport.open} does. */
  async open<K extends TransportKind>(kind: K, apiName: string): Promise<Transports[K]> {
    const transport = this.#make(kind, apiName)
    await this.#opened(transport)
    return transport
  }

  /** The same without waiting, where it is open already: a message more or less costs no promise. */
  ready<K extends TransportKind>(kind: K, apiName: string): Transports[K] | undefined {
    const transport = this.#make(kind, apiName)
    return this.#ready.has(transport) ? transport : undefined
  }

  /** The same, but waits for a broker that is not there yet, and says so, for as long as there is patience. */
  async openPatiently<K extends TransportKind>(
    kind: K,
    apiName: string,
    { signal, giveUpAt }: Patience,
  ): Promise<Transports[K]> {
    const { clock } = this.#parts.context
    for (let attempt = 1; ; attempt++) {
      try {
        const transport = await this.open(kind, apiName)
        if (attempt > 1) this.#parts.log.info({ transport: transport.name }, `Reached ${transport.address}`)
        return transport
      } catch (error) {
        const leftMs = giveUpAt - clock.now()
        if (!isBusError(error) || !error.retriable || leftMs <= 0) throw error
        this.#parts.log.warn({ code: error.code, attempt }, `Waiting for the broker. ${error.message}`)
        await sleep(clock, Math.min(backoffMs(attempt, pauses), leftMs), signal)
      }
    }
  }

  /** What would carry the events, calls or results of an API. Opens nothing. */
  carrier(kind: TransportKind, apiName: string): Carrier {
    const { name, address } = this.#make(kind, apiName)
    return { transport: name, address }
  }

  /** A key that is the same for the same transport. */
  identify(transport: Transport): string {
    for (const [key, made] of this.#made) if (made === transport) return key
    return transport.address
  }

  /** What is in use, for people. */
  addresses(): readonly string[] {
    return [...new Set([...this.#opening.keys()].map(({ name, address }) => `${name} (${address})`))]
  }

  /** Closes all, whatever fails, and reports all that failed. */
  async close(): Promise<void> {
    const open = [...this.#opening.keys()]
    this.#opening.clear()
    this.#ready.clear()
    const closed = await Promise.allSettled(open.map((transport) => transport.close()))
    const failures = closed.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    )
    if (failures.length > 0) throw new AggregateError(failures, 'Some transports could not be closed')
  }

  #make<K extends TransportKind>(kind: K, apiName: string): Transports[K] {
    let transport = this.#chosen[kind].get(apiName) as Transports[K] | undefined
    if (!transport) this.#chosen[kind].set(apiName, (transport = this.#choose(kind, apiName)))
    return transport
  }

  #choose<K extends TransportKind>(kind: K, apiName: string): Transports[K] {
    const { transport: name, options } = this.#parts.choose(kind, apiName)
    const key = JSON.stringify([kind, name, options])
    const made = this.#made.get(key)
    // The key names the kind, so what stands there is of that kind.
    if (made) return made as Transports[K]
    const factory = this.#parts.modules.get(name)?.[kind]
    if (!factory) throw transportKindAbsent({ transport: name, kind })
    const transport = factory.create(options, this.#parts.context) as Transports[K]
    this.#made.set(key, transport)
    return transport
  }

  async #opened(transport: Transport): Promise<void> {
    let opening = this.#opening.get(transport)
    if (!opening) {
      opening = transport.open()
      this.#opening.set(transport, opening)
      opening.catch(() => this.#opening.delete(transport))
    }
    await opening
    if (this.#opening.get(transport) === opening) this.#ready.add(transport)
  }
}

const pauses = { baseMs: 500, maxMs: 5_000 }
