import { randomBytes } from 'node:crypto'
import {
  resultPathForeign,
  resultPathLost,
  transportClosed,
  type PendingResult,
  type ResultMessage,
  type ResultTransport,
  type UnaddressedCall,
} from '@lightbus/core/transport'
import { replyScript } from './call-scripts.ts'
import { listTaker, type ListReaders, type Taker } from './list-reader.ts'
import { GatheredBy, mostTogether } from './gathered.ts'
import { ExpectedResult } from './expected-result.ts'
import { decodeResult, encodeResult } from './message-blobs.ts'
import { checkSize } from './message-size.ts'
import type { ResultOptions } from './options.ts'
import { RedisTransport } from './redis-transport.ts'
import { ReplyPath } from './reply-path.ts'
import { runGathered } from './run-script.ts'

const scheme = 'redis+key://'

/** One list for all results that this process waits for, told apart by the ids of their calls. */
export class RedisResultTransport extends RedisTransport<ResultOptions> implements ResultTransport {
  protected readonly kind = 'result'
  private readonly waiting = new Map<string, ExpectedResult>()
  private taker: Taker | undefined
  private path: ReplyPath | undefined
  private lists: ListReaders | undefined
  private readonly sending = new GatheredBy<string, void>(mostTogether, (list, blobs, isFull) =>
    this.attempt(async () => {
      const values = [Math.max(1, Math.ceil(this.options.resultTtlMs)), ...blobs]
      await runGathered(this.redis.commands, { script: replyScript, keys: [list], values }, isFull)
      return []
    }),
  )

  expect(call: UnaddressedCall): Promise<PendingResult> | PendingResult {
    const path = this.replyPath()
    const pending = new ExpectedResult(this.waiting, call.id, `${scheme}${path.key}`)
    return path.isHeld ? pending : this.heldFirst(path, pending)
  }

  async send(result: ResultMessage, returnPath: string): Promise<void> {
    void this.redis
    if (!returnPath.startsWith(scheme) || returnPath === scheme)
      throw resultPathForeign({ transport: this.name })
    const blob = encodeResult(result)
    checkSize(`the result of ${result.callId}`, [blob], this.options.maxMessageBytes)
    await this.sending.add(returnPath.slice(scheme.length), blob, blob.length)
  }

  protected override async letGo(): Promise<void> {
    this.rejectAll(transportClosed({ transport: this.name }))
    const { taker, path } = this
    this.taker = undefined
    this.path = undefined
    if (taker) await this.lists?.remove(taker)
    await path?.close()
    this.lists = undefined
  }

  private heldFirst(path: ReplyPath, pending: PendingResult): Promise<PendingResult> {
    return this.attempt(async () => {
      try {
        await path.hold()
        return pending
      } catch (error) {
        pending.abandon()
        throw error
      }
    })
  }

  private replyPath(): ReplyPath {
    const { lists, commands } = this.redis
    if (this.path) return this.path
    const key = this.keys.replies(randomBytes(16).toString('hex'))
    this.path = new ReplyPath({
      commands,
      key,
      clock: this.context.clock,
      isWanted: () => this.waiting.size > 0,
      onLost: () => this.rejectAll(resultPathLost({ transport: this.name })),
    })
    this.taker = listTaker(key, (blobs) => this.take(blobs))
    this.lists = lists
    lists.add(this.taker)
    return this.path
  }

  private rejectAll(error: Error): void {
    for (const waiting of this.waiting.values()) waiting.reject(error)
    this.waiting.clear()
  }

  private take(blobs: readonly string[]): void {
    for (const blob of blobs) {
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
