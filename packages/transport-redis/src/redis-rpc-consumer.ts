import { randomUUID } from 'node:crypto'
import type {
  ConsumeRequest,
  RpcConsumer,
  RpcDelivery,
  RpcMessage,
  TransportContext,
} from '@lightbus/core/transport'
import { claimScript, heartbeatScript } from './call-scripts.ts'
import type { Connections } from './connections.ts'
import type { KeyNames } from './key-names.ts'
import type { Taker } from './list-reader.ts'
import { decodeCall, type Decoded, type Unreadable } from './message-blobs.ts'
import { redisError } from './redis-errors.ts'
import { runScript } from './run-script.ts'
import { RunningCalls } from './running-calls.ts'
import { WakeUp } from './wake-up.ts'

const heartbeatMs = 5_000
const presenceMs = 15_000
// What a call of a Python peer has that was taken between the two commands that write its record.
const unknownRemainingMs = 5_000

interface ConsumerParts {
  readonly redis: Connections
  readonly request: ConsumeRequest
  readonly keys: KeyNames
  readonly context: TransportContext
  readonly batchSize: number
  readonly onClose: () => void
}

/** Takes calls from the queues as there is room, and claims them. */
export class RedisRpcConsumer implements RpcConsumer {
  private readonly parts: ConsumerParts
  private readonly member: string
  private readonly claimed: RpcDelivery[] = []
  private readonly running: RunningCalls
  private readonly cancellations: Taker
  private readonly wakeUp = new WakeUp()
  private held = 0
  private taking = 0
  private isTaking = false
  private isClosed = false
  private stopHeartbeat: () => void = () => undefined
  private stopListening: () => void = () => undefined

  constructor(parts: ConsumerParts) {
    this.parts = parts
    this.member = `${parts.context.processName}:${randomUUID()}`
    this.running = new RunningCalls(parts.redis.commands, parts.keys.rpcRunning(this.member))
    this.cancellations = {
      key: parts.keys.rpcCancelled(this.member),
      // None while nothing runs that could be cancelled.
      room: () => (this.running.size > 0 ? 1_000 : 0),
      take: (ids) => Promise.resolve(this.running.cancel(ids)),
    }
  }

  /** Counts as a server from here on, and says so again and again. */
  async announce(): Promise<void> {
    await this.beat()
    if (this.isClosed) return
    this.scheduleBeat()
    this.parts.redis.lists.add(this.cancellations)
  }

  async *calls(signal: AbortSignal): AsyncIterable<RpcDelivery> {
    const takers = this.parts.request.apiNames.map((apiName) => this.taker(this.parts.keys.rpcQueue(apiName)))
    const wake = (): void => this.wakeUp.wake()
    signal.addEventListener('abort', wake)
    // Whoever does not pull again after closing never comes to the end of this function.
    this.stopListening = () => signal.removeEventListener('abort', wake)
    this.isTaking = !signal.aborted && !this.isClosed
    if (this.isTaking) for (const taker of takers) this.parts.redis.lists.add(taker)
    try {
      while (!signal.aborted && !this.isClosed) {
        const next = this.claimed.shift()
        if (next) yield next
        else await this.wakeUp.next()
      }
      this.isTaking = false
      await this.detach(takers)
      for (let next = this.claimed.shift(); next; next = this.claimed.shift()) yield next
    } finally {
      this.isTaking = false
      signal.removeEventListener('abort', wake)
      await this.detach(takers)
    }
  }

  refresh(): void {
    this.parts.redis.lists.changed()
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.isTaking = false
    this.stopHeartbeat()
    this.stopListening()
    this.wakeUp.wake()
    this.parts.onClose()
    const { redis, request, keys } = this.parts
    // A server that cannot be reached forgets this process by itself.
    await Promise.allSettled([
      redis.lists.remove(this.cancellations),
      redis.commands.del(keys.rpcRunning(this.member), keys.rpcCancelled(this.member)),
      ...request.apiNames.map((apiName) => redis.commands.zrem(keys.rpcServers(apiName), this.member)),
    ])
  }

  private async detach(takers: readonly Taker[]): Promise<void> {
    await Promise.all(takers.map((taker) => this.parts.redis.lists.remove(taker)))
  }

  private taker(key: string): Taker {
    return { key, room: () => this.room(), take: (blobs) => this.take(key, blobs) }
  }

  private room(): number {
    if (!this.isTaking) return 0
    return Math.min(this.parts.batchSize, this.parts.request.prefetch() - this.held - this.taking)
  }

  private async take(key: string, blobs: readonly string[]): Promise<void> {
    if (!this.isTaking) return this.putBack(key, blobs)
    this.taking += blobs.length
    try {
      await this.claim(blobs.map(decodeCall))
    } catch (error) {
      this.reportLost(blobs.length, error)
    } finally {
      this.taking -= blobs.length
      this.wakeUp.wake()
    }
  }

  private async claim(calls: readonly Decoded<RpcMessage>[]): Promise<void> {
    const { redis, keys } = this.parts
    for (const call of calls) if (call.error) this.refuse(call)
    const readable = calls.flatMap((call) => call.message ?? [])
    if (readable.length === 0) return
    const ids = readable.map(({ id }) => id)
    const records = [keys.rpcRunning(this.member), ...ids.map((id) => keys.rpcExpiry(id))]
    const left = (await runScript(redis.commands, claimScript, records, [presenceMs, ...ids])) as number[]
    for (const [index, call] of readable.entries()) {
      const remainingMs = left[index] ?? -2
      if (remainingMs === -2) continue
      this.hand({
        call,
        remainingMs: remainingMs < 0 ? unknownRemainingMs : remainingMs,
        cancelled: this.running.add(call.id),
        done: this.holding(call.id),
      })
    }
  }

  private refuse(call: Unreadable): void {
    const { id, return_path: returnPath } = call.metadata
    if (typeof id === 'string' && typeof returnPath === 'string')
      return this.hand({ undecodable: call.error, answer: { callId: id, returnPath }, done: this.holding() })
    const message = 'A call that cannot be read was dropped: it does not say where its answer is to go.'
    this.parts.context.report({ type: 'unreadable', transport: 'redis', message, error: call.error })
  }

  private hand(delivery: RpcDelivery): void {
    this.claimed.push(delivery)
    this.wakeUp.wake()
  }

  /** Counts a call as held; the returned function, called once, makes room again. */
  private holding(callId?: string): () => void {
    let isHeld = true
    this.held += 1
    return () => {
      if (!isHeld) return
      isHeld = false
      this.held -= 1
      if (callId !== undefined) this.running.done(callId)
      this.parts.redis.lists.changed()
    }
  }

  private async putBack(key: string, blobs: readonly string[]): Promise<void> {
    // To the head and the oldest last, which restores the order.
    await this.parts.redis.commands.lpush(key, ...blobs.toReversed()).catch((error: unknown) => {
      this.reportLost(blobs.length, error)
    })
  }

  private reportLost(count: number, error: unknown): void {
    const message = `${count} calls taken from their queue could not be claimed; their callers will see a timeout.`
    const { context, redis } = this.parts
    context.report({
      type: 'messages-lost',
      transport: 'redis',
      message,
      error: redisError(error, redis.address),
    })
  }

  private async beat(): Promise<void> {
    const { redis, request, keys } = this.parts
    const servers = request.apiNames.map((apiName) => keys.rpcServers(apiName))
    const touched = [keys.rpcRunning(this.member), ...servers]
    if (servers.length > 0)
      await runScript(redis.commands, heartbeatScript, touched, [this.member, presenceMs])
  }

  private scheduleBeat(): void {
    if (this.isClosed) return
    this.stopHeartbeat = this.parts.context.clock.after(heartbeatMs, () => {
      void this.beat()
        .catch(() => undefined)
        .then(() => this.scheduleBeat())
    })
  }
}
