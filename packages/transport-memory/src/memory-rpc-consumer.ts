import {
  callUndecodable,
  type ConsumeRequest,
  type RpcConsumer,
  type RpcDelivery,
} from '@lightbus/core/transport'
import type { Link } from './link.ts'
import { PullSet } from './pulls.ts'
import { readCall } from './read-message.ts'
import type { CallTaker, RpcStore, TakenCall } from './rpc-store.ts'

/** What a consumer is made of. */
export interface RpcConsumerParts {
  readonly rpcs: RpcStore
  readonly request: ConsumeRequest
  readonly link: Link
  readonly closed: () => void
}

/** A server of some APIs, which takes a call from each in turn. */
export class MemoryRpcConsumer implements RpcConsumer, CallTaker {
  readonly #parts: RpcConsumerParts
  readonly #pulls = new PullSet(() => this.#take())
  readonly #stopReceiving: () => void
  /** Whichever was served last is at the end. */
  #apiNames: readonly string[]
  #held = 0
  #isClosed = false

  constructor(parts: RpcConsumerParts) {
    this.#parts = parts
    this.#apiNames = parts.request.apiNames
    this.#stopReceiving = parts.link.onReceiving(() => this.refresh())
    for (const apiName of this.#apiNames) parts.rpcs.addTaker(apiName, this)
  }

  get isCrashed(): boolean {
    return this.#parts.link.isCrashed
  }

  calls(signal: AbortSignal): AsyncIterable<RpcDelivery> {
    return this.#pulls.iterate(signal)
  }

  refresh(): void {
    this.#pulls.offerAll()
  }

  offer(): boolean {
    return this.#pulls.offer()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { rpcs, request, closed } = this.#parts
    this.#stopReceiving()
    for (const apiName of request.apiNames) rpcs.removeTaker(apiName, this)
    this.#pulls.end()
    closed()
  }

  #take(): RpcDelivery | undefined {
    const { rpcs, request, link } = this.#parts
    if (!link.isReceiving || this.#held >= request.prefetch()) return undefined
    for (const apiName of this.#apiNames) {
      const taken = rpcs.take(apiName)
      if (!taken) continue
      this.#apiNames = [...this.#apiNames.filter((name) => name !== apiName), apiName]
      this.#held++
      return deliveryOf(taken, this.#doneOnce(taken.id))
    }
    return undefined
  }

  #doneOnce(callId: string): () => void {
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      this.#held--
      this.#parts.rpcs.done(callId)
      // There is room for another now.
      this.refresh()
    }
  }
}

function deliveryOf({ text, remainingMs, cancelled }: TakenCall, done: () => void): RpcDelivery {
  const read = readCall(text)
  if (read.message) return { call: read.message, remainingMs, cancelled, done }
  const callId = read.textOf('id')
  const returnPath = read.textOf('returnPath')
  const undecodable = callUndecodable({ why: read.why })
  if (callId === undefined || returnPath === undefined) return { undecodable, done }
  return { undecodable, answer: { callId, returnPath }, done }
}
