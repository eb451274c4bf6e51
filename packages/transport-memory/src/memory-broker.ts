import { EventStore } from './event-store.ts'
import { RpcStore } from './rpc-store.ts'
import type { StoredSchema } from './stored-schema.ts'
import { Timers } from './timers.ts'

/** Takes the text of a result, in the process instance that waits for it. */
export type Inbox = (text: string) => void

/** What a namespace holds: it lives as long as some transport is open on it. Messages are kept as text, so that nothing is shared by reference. */
export class MemoryBroker {
  readonly namespace: string
  readonly timers = new Timers()
  readonly events = new EventStore(this.timers)
  readonly rpcs = new RpcStore(this.timers)
  /** By the secret part of the return path. */
  readonly inboxes = new Map<string, Inbox>()
  /** By the name of the API. */
  readonly schemas = new Map<string, StoredSchema>()
  #holders = 0

  constructor(namespace: string) {
    this.namespace = namespace
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

const brokers = new Map<string, MemoryBroker>()

/** The broker of a namespace, made for the first who comes. To be left again. */
export function joinBroker(namespace: string): MemoryBroker {
  const broker = brokers.get(namespace) ?? new MemoryBroker(namespace)
  brokers.set(namespace, broker)
  broker.hold()
  return broker
}

/** The last to leave takes the broker and all it holds away, so that tests start afresh. */
export function leaveBroker(broker: MemoryBroker): void {
  if (broker.release()) return
  brokers.delete(broker.namespace)
  broker.timers.cancelAll()
}

/** The broker of a namespace, for tests that look inside; undefined while no transport is open on it. */
export function inspectBroker(namespace: string): MemoryBroker | undefined {
  return brokers.get(namespace)
}
