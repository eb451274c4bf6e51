import { randomBytes } from 'node:crypto'
import {
  resultPathForeign,
  transportClosed,
  type PendingResult,
  type ResultMessage,
  type ResultTransport,
  type UnaddressedCall,
} from '@lightbus/core/transport'
import { BrokerHold } from './broker-hold.ts'
import { MemoryPendingResult } from './memory-pending-result.ts'
import type { MemoryOptions } from './options.ts'

/** Results within this process. Each opening has a return path of its own, which nobody can guess. */
export class MemoryResultTransport implements ResultTransport {
  readonly name = 'memory'
  readonly #hold: BrokerHold
  readonly #pathPrefix: string
  readonly #pending = new Map<string, MemoryPendingResult>()
  #inboxName = ''

  constructor(options: MemoryOptions) {
    this.#hold = new BrokerHold(options.namespace)
    this.#pathPrefix = `memory+reply://${encodeURIComponent(options.namespace)}/`
  }

  get address(): string {
    return this.#hold.address
  }

  async open(): Promise<void> {
    if (this.#hold.isOpen) return
    this.#hold.open()
    this.#inboxName = randomBytes(16).toString('hex')
    this.#hold.broker.inboxes.set(this.#inboxName, (text) => this.#arrive(text))
  }

  async expect(call: UnaddressedCall): Promise<PendingResult> {
    // Nothing can arrive at a transport that is not open.
    void this.#hold.broker
    const free = (): void => {
      if (this.#pending.get(call.id) === pending) this.#pending.delete(call.id)
    }
    const pending = new MemoryPendingResult(this.#pathPrefix + this.#inboxName, free)
    this.#pending.set(call.id, pending)
    return pending
  }

  /** A result whose caller has gone is discarded. */
  async send(result: ResultMessage, returnPath: string): Promise<void> {
    const { inboxes } = this.#hold.broker
    const inboxName = returnPath.slice(this.#pathPrefix.length)
    if (!returnPath.startsWith(this.#pathPrefix) || !/^[0-9a-f]{32}$/.test(inboxName))
      throw resultPathForeign({ transport: this.name })
    inboxes.get(inboxName)?.(JSON.stringify(result))
  }

  async close(): Promise<void> {
    if (!this.#hold.isOpen) return
    this.#hold.broker.inboxes.delete(this.#inboxName)
    this.#hold.close()
    for (const pending of this.#pending.values()) pending.fail(transportClosed({ transport: this.name }))
  }

  #arrive(text: string): void {
    const result = JSON.parse(text) as ResultMessage
    this.#pending.get(result.callId)?.arrive(result)
  }
}
