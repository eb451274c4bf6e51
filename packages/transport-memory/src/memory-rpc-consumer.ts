import {
  transportClosed,
  type ConsumeRequest,
  type RpcConsumer,
  type RpcDelivery,
  type RpcMessage,
} from '@lightbus/core/transport'
import { Pulls } from './pulls.ts'
import type { CallTaker, RpcStore } from './rpc-store.ts'

/** A server of some APIs, which takes a call from each in turn. */
export class MemoryRpcConsumer implements RpcConsumer, CallTaker {
  readonly #rpcs: RpcStore
  readonly #request: ConsumeRequest
  readonly #closed: () => void
  readonly #pulls = new Set<Pulls<RpcDelivery>>()
  /** Whichever was served last is at the end. */
  #apiNames: readonly string[]
  #held = 0
  #isClosed = false

  constructor(rpcs: RpcStore, request: ConsumeRequest, closed: () => void) {
    this.#rpcs = rpcs
    this.#request = request
    this.#closed = closed
    this.#apiNames = request.apiNames
    for (const apiName of request.apiNames) rpcs.addTaker(apiName, this)
  }

  calls(signal: AbortSignal): AsyncIterable<RpcDelivery> {
    if (this.#isClosed) throw transportClosed({ transport: 'memory' })
    const pulls = new Pulls(
      () => this.#take(),
      signal,
      () => this.#pulls.delete(pulls),
    )
    if (!signal.aborted) this.#pulls.add(pulls)
    return pulls
  }

  offer(): boolean {
    for (const pulls of this.#pulls) if (pulls.offer()) return true
    return false
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const apiName of this.#request.apiNames) this.#rpcs.removeTaker(apiName, this)
    for (const pulls of this.#pulls) pulls.end()
    this.#closed()
  }

  #take(): RpcDelivery | undefined {
    if (this.#held >= this.#request.prefetch()) return undefined
    for (const apiName of this.#apiNames) {
      const taken = this.#rpcs.take(apiName)
      if (!taken) continue
      this.#apiNames = [...this.#apiNames.filter((name) => name !== apiName), apiName]
      this.#held++
      const { call, cancelled } = taken
      const message = JSON.parse(call.text) as RpcMessage
      return { call: message, remainingMs: call.remainingMs(), cancelled, done: this.#doneOnce(call.id) }
    }
    return undefined
  }

  #doneOnce(callId: string): () => void {
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      this.#held--
      this.#rpcs.done(callId)
      // There is room for another now.
      while (this.offer());
    }
  }
}
