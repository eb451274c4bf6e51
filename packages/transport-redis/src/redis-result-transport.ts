import { randomBytes } from 'node:crypto'
import {
  abortable,
  resultPathForeign,
  transportClosed,
  type PendingResult,
  type ResultMessage,
  type ResultTransport,
  type UnaddressedCall,
} from '@lightbus/core/transport'
import { replyScript } from './call-scripts.ts'
import type { ListReader, Taker } from './list-reader.ts'
import { decodeResult, encodeResult } from './message-blobs.ts'
import type { ResultOptions } from './options.ts'
import { RedisTransport } from './redis-transport.ts'
import { runScript } from './run-script.ts'

const scheme = 'redis+key://'

interface Waiting {
  readonly promise: Promise<ResultMessage>
  readonly resolve: (result: ResultMessage) => void
  readonly reject: (error: Error) => void
}

/** One list for all results that this process waits for, told apart by the ids of their calls. */
export class RedisResultTransport extends RedisTransport<ResultOptions> implements ResultTransport {
  private readonly waiting = new Map<string, Waiting>()
  private taker: Taker | undefined
  private lists: ListReader | undefined

  expect(call: UnaddressedCall): Promise<PendingResult> {
    return this.attempt(() => Promise.resolve(this.expectNow(call.id)))
  }

  async send(result: ResultMessage, returnPath: string): Promise<void> {
    const { commands } = this.redis
    if (!returnPath.startsWith(scheme)) throw resultPathForeign({ transport: this.name })
    const values = [encodeResult(result), Math.max(1, Math.ceil(this.options.resultTtlMs))]
    await this.attempt(() => runScript(commands, replyScript, [returnPath.slice(scheme.length)], values))
  }

  protected override async letGo(): Promise<void> {
    const closed = transportClosed({ transport: this.name })
    for (const waiting of this.waiting.values()) waiting.reject(closed)
    this.waiting.clear()
    const { taker } = this
    this.taker = undefined
    if (taker) await this.lists?.remove(taker)
    this.lists = undefined
  }

  private expectNow(callId: string): PendingResult {
    const { lists } = this.redis
    if (!this.taker) {
      const key = this.keys.replies(randomBytes(16).toString('hex'))
      this.taker = { key, room: () => 1_000, take: (blobs) => Promise.resolve(this.take(blobs)) }
      this.lists = lists
      lists.add(this.taker)
    }
    const waiting = waitingForResult()
    this.waiting.set(callId, waiting)
    const abandon = (): void => {
      if (this.waiting.get(callId) === waiting) this.waiting.delete(callId)
    }
    return {
      returnPath: `${scheme}${this.taker.key}`,
      receive: (signal) => abortable(waiting.promise, signal).finally(abandon),
      abandon,
    }
  }

  private take(blobs: readonly string[]): void {
    for (const blob of [...blobs].reverse()) {
      const decoded = decodeResult(blob)
      if (decoded.error) this.unreadable(decoded.error, decoded.metadata['rpc_message_id'])
      else this.waiting.get(decoded.message.callId)?.resolve(decoded.message)
    }
  }

  private unreadable(error: Error, callId: unknown): void {
    const waiting = typeof callId === 'string' ? this.waiting.get(callId) : undefined
    if (waiting) return waiting.reject(error)
    const message = 'A result that cannot be read has arrived, and nothing says which call it answers.'
    this.context.report({ type: 'unreadable', transport: this.name, message, error })
  }
}

// Promise.withResolvers is missing in Node 20.
function waitingForResult(): Waiting {
  let resolve: Waiting['resolve'] = () => undefined
  let reject: Waiting['reject'] = () => undefined
  const promise = new Promise<ResultMessage>((...settle) => ([resolve, reject] = settle))
  // A failure may come before anybody receives.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
