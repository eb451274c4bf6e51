import { randomBytes } from 'node:crypto'
import {
  resultPathForeign,
  resultPathLost,
  resultUndecodable,
  transportClosed,
  type Health,
  type PendingResult,
  type ResultMessage,
  type ResultTransport,
  type Risk,
  type TransportContext,
  type UnaddressedCall,
} from '@lightbus/core/transport'
import type { Inbox } from './inboxes.ts'
import { Link } from './link.ts'
import { MemoryPendingResult } from './memory-pending-result.ts'
import { messageText } from './message-text.ts'
import type { MemoryOptions } from './options.ts'
import { readResult } from './read-message.ts'
import { memoryRisks } from './risks.ts'

/** Results within this process. Each opening has a return path of its own, which nobody can guess. */
export class MemoryResultTransport implements ResultTransport, Inbox {
  readonly name = 'memory'
  readonly #options: MemoryOptions
  readonly #context: TransportContext
  readonly #link: Link
  readonly #pending = new Map<string, MemoryPendingResult>()
  #inboxName = ''

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#options = options
    this.#context = context
    this.#link = new Link(options, context)
    this.#link.onReceiving(() => this.#collect())
  }

  get address(): string {
    return this.#link.address
  }

  get isReceiving(): boolean {
    return this.#link.isReceiving
  }

  get isCrashed(): boolean {
    return this.#link.isCrashed
  }

  open(): Promise<void> {
    return this.#link.open()
  }

  async expect(call: UnaddressedCall): Promise<PendingResult> {
    if (!this.#link.broker.inboxes.has(this.#inboxName)) this.#renewInbox()
    const free = (): void => {
      if (this.#pending.get(call.id) === pending) this.#pending.delete(call.id)
    }
    const pending = new MemoryPendingResult(this.#pathPrefix + this.#inboxName, free)
    this.#pending.set(call.id, pending)
    return pending
  }

  /** A result whose caller has gone is discarded. */
  async send(result: ResultMessage, returnPath: string): Promise<void> {
    const inboxName = returnPath.slice(this.#pathPrefix.length)
    const isOurs = returnPath.startsWith(this.#pathPrefix) && /^[0-9a-f]{32}$/.test(inboxName)
    const text = messageText(`result of ${result.callId}`, result, this.#options.maxMessageBytes)
    await this.#link.carry(({ inboxes }) => {
      if (!isOurs) throw resultPathForeign({ transport: this.name })
      inboxes.put(inboxName, text, this.#options.resultTtlMs)
    })
  }

  async health(): Promise<Health> {
    return this.#link.health()
  }

  risks(): Promise<readonly Risk[]> {
    return this.#link.carry(() => memoryRisks)
  }

  async close(): Promise<void> {
    if (!this.#link.isOpen) return
    if (!this.isCrashed) this.#link.broker.inboxes.close(this.#inboxName)
    this.#link.close()
    this.#failAll(transportClosed({ transport: this.name }))
  }

  take(text: string): void {
    const read = readResult(text)
    if (read.message) return this.#pending.get(read.message.callId)?.arrive(read.message)
    const error = resultUndecodable({ why: read.why })
    const pending = this.#pending.get(read.textOf('callId') ?? '')
    if (pending) pending.fail(error)
    else this.#context.report({ type: 'unreadable', transport: this.name, message: error.message, error })
  }

  lose(): void {
    // Who is away hears of it when it is back.
    if (this.isReceiving) this.#collect()
  }

  /** Fetches what has come meanwhile, unless the broker knows nothing of this process any more. */
  #collect(): void {
    const { inboxes } = this.#link.broker
    if (inboxes.has(this.#inboxName)) inboxes.collect(this.#inboxName)
    else if (this.#pending.size > 0) this.#renewInbox()
  }

  /** Made for the first who waits, and when the broker has lost it, with whatever was to arrive there. */
  #renewInbox(): void {
    this.#failAll(resultPathLost({ transport: this.name }))
    this.#inboxName = randomBytes(16).toString('hex')
    this.#link.broker.inboxes.open(this.#inboxName, this)
  }

  #failAll(error: Error): void {
    for (const pending of this.#pending.values()) pending.fail(error)
  }

  get #pathPrefix(): string {
    return `${this.address.replace('memory:', 'memory+reply:')}/`
  }
}
