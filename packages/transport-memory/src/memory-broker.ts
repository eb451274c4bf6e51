import { realClock, type Clock } from '@lightbus/core/transport'
import { Chaos, type ChaosLink } from './chaos.ts'
import { CountingClock } from './counting-clock.ts'
import { EventStore } from './event-store.ts'
import { ExpiringTexts, type StoredKey } from './expiring-texts.ts'
import { Inboxes } from './inboxes.ts'
import { RpcStore } from './rpc-store.ts'
import { Timers } from './timers.ts'

/**
 * What all transports of a namespace, or those that were given it, share. It judges all time by one clock, and keeps all
 * messages as text, so that nothing is shared by reference.
 */
export class MemoryBroker {
  readonly namespace: string
  readonly clock: Clock
  readonly timers = new Timers()
  readonly events: EventStore
  readonly rpcs: RpcStore
  /** What became of calls with an idempotency key. */
  readonly outcomes: ExpiringTexts
  readonly claims: ExpiringTexts
  readonly payloads: ExpiringTexts
  readonly inboxes: Inboxes
  /** By the name of the API. */
  readonly schemas: ExpiringTexts
  readonly chaos: Chaos
  /** The open connections of processes that have not crashed. */
  readonly links = new Set<ChaosLink>()
  readonly #clock: CountingClock
  #holders = 0

  constructor(namespace: string, clock: Clock) {
    this.namespace = namespace
    this.#clock = new CountingClock(clock)
    this.clock = this.#clock
    const time = { timers: this.timers, clock: this.clock }
    this.events = new EventStore(time)
    this.rpcs = new RpcStore(time)
    this.outcomes = new ExpiringTexts('outcome', this.clock)
    this.claims = new ExpiringTexts('claim', this.clock)
    this.payloads = new ExpiringTexts('payload', this.clock)
    this.inboxes = new Inboxes(this.clock)
    this.schemas = new ExpiringTexts('schema', this.clock)
    this.chaos = new Chaos(this)
  }

  /** Loses all it has; connections stay. */
  wipe(): void {
    this.events.wipe()
    this.rpcs.wipe()
    this.outcomes.wipe()
    this.claims.wipe()
    this.payloads.wipe()
    this.inboxes.wipe()
    this.schemas.wipe()
  }

  /** The returned function puts events and schemas back to how they are now. */
  checkpoint(): () => void {
    const rollBacks = [this.events.checkpoint(), this.schemas.checkpoint()]
    return () => {
      for (const rollBack of rollBacks) rollBack()
    }
  }

  /** What tests look at to see that nothing was left behind: connections, keys, groups, and timers still to come. */
  inspect(): {
    readonly connections: number
    readonly keys: readonly StoredKey[]
    readonly groups: ReturnType<EventStore['inspect']>
    readonly timers: number
  } {
    const stores = [this.rpcs, this.outcomes, this.claims, this.payloads, this.inboxes, this.schemas]
    return {
      connections: this.links.size,
      keys: stores.flatMap((store) => store.keys()),
      groups: this.events.inspect(),
      timers: this.#clock.running,
    }
  }

  /** Gives the inbox of a return path a text as it is, as no transport would send it. */
  injectResult(returnPath: string, raw: string): void {
    this.inboxes.put(returnPath.slice(returnPath.lastIndexOf('/') + 1), raw, injectedTtlMs)
  }

  /** Publishes a text as it is in place of an API's schema. */
  injectSchema(apiName: string, raw: string): void {
    this.schemas.put(apiName, raw, undefined)
  }

  hold(): void {
    this.#holders++
  }

  /** Whether anybody still holds it. */
  release(): boolean {
    this.#holders--
    return this.#holders > 0
  }
}

const injectedTtlMs = 60_000
const brokers = new Map<string, MemoryBroker>()
let lastOwn = 0

/** A broker of one's own, to be given as the option `broker`. It keeps what it has until its owner forgets it. */
export function createMemoryBroker(options: { readonly clock?: Clock } = {}): MemoryBroker {
  return new MemoryBroker(`own-${++lastOwn}`, options.clock ?? realClock)
}

/** The broker of a namespace, made with this clock for the first who comes. To be held, and left again. */
export function joinBroker(namespace: string, clock: Clock): MemoryBroker {
  const broker = brokers.get(namespace) ?? new MemoryBroker(namespace, clock)
  brokers.set(namespace, broker)
  return broker
}

/** The last to leave the broker of a namespace takes it and all it holds away, so that tests start afresh. */
export function leaveBroker(broker: MemoryBroker): void {
  if (broker.release() || brokers.get(broker.namespace) !== broker) return
  brokers.delete(broker.namespace)
  broker.timers.cancelAll()
}

/** The broker of a namespace, for tests that look inside; undefined while no transport is open on it. */
export function inspectBroker(namespace: string): MemoryBroker | undefined {
  return brokers.get(namespace)
}
