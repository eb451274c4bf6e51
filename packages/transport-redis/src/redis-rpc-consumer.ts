import { randomUUID } from 'node:crypto'
import type {
  ConsumeRequest,
  RpcConsumer,
  RpcDelivery,
  RpcMessage,
  TransportContext,
} from '@lightbus/core/transport'
import { claimScript } from './call-scripts.ts'
import type { Connections } from './connections.ts'
import { presenceMs, type Heartbeats } from './heartbeats.ts'
import type { KeyNames } from './key-names.ts'
import type { Taker } from './list-reader.ts'
import { decodeCall, type Decoded, type Unreadable } from './message-blobs.ts'
import type { RpcOptions } from './options.ts'
import { redisError } from './redis-errors.ts'
import { runScript } from './run-script.ts'
import { RunningCalls } from './running-calls.ts'
import { WakeUp } from './wake-up.ts'

// What a call of a Python peer has that was taken between the two commands that write its record.
const unknownRemainingMs = 5_000

interface ConsumerParts {
  readonly redis: Connections
  readonly request: ConsumeRequest
  readonly keys: KeyNames
  readonly context: TransportContext
  readonly heartbeats: Heartbeats
  readonly options: Pick<RpcOptions, 'batchSize' | 'waitReplicas'>
  readonly onClose: () => void
}

/** Takes calls from the queues as there is room, and claims them. */
export class RedisRpcConsumer implements RpcConsumer {
  private readonly parts: ConsumerParts
  private readonly member: string
  private readonly claimed: RpcDelivery[] = []
  private readonly running: RunningCalls
  /** One for all APIs where one key may serve them. */
  private readonly cancellations: readonly Taker[]
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
    this.running = new RunningCalls(parts.redis.commands)
    const { keys, request } = parts
    const lists = request.apiNames.map((apiName) => keys.rpcCancelled(apiName, this.member))
    this.cancellations = [...new Set(lists)].map((key) => ({
      key,
      // None while nothing runs that could be cancelled.
      room: () => (this.running.size > 0 ? 1_000 : 0),
      take: (ids) => Promise.resolve(this.running.cancel(ids)),
    }))
  }

  /** Counts as a server from here on, and says so again and again. */
  async announce(): Promise<void> {
    const { heartbeats, request, keys } = this.parts
    const places = request.apiNames.map((apiName) => ({
      running: keys.rpcRunning(apiName, this.member),
      servers: keys.rpcServers(apiName),
    }))
    const stop = await heartbeats.begin({ member: this.member, places })
    if (this.isClosed) return stop()
    this.stopHeartbeat = stop
    for (const taker of this.cancellations) this.parts.redis.lists.add(taker)
  }

  async *calls(signal: AbortSignal): AsyncIterable<RpcDelivery> {
    const takers = this.parts.request.apiNames.map((apiName) => this.taker(apiName))
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
      ...this.cancellations.map((taker) => redis.lists.remove(taker)),
      ...request.apiNames.map((apiName) =>
        redis.commands.del(keys.rpcRunning(apiName, this.member), keys.rpcCancelled(apiName, this.member)),
      ),
      ...request.apiNames.map((apiName) => redis.commands.zrem(keys.rpcServers(apiName), this.member)),
    ])
  }

  private async detach(takers: readonly Taker[]): Promise<void> {
    await Promise.all(takers.map((taker) => this.parts.redis.lists.remove(taker)))
  }

  private taker(apiName: string): Taker {
    const key = this.parts.keys.rpcQueue(apiName)
    return { key, room: () => this.room(), take: (blobs) => this.take(apiName, blobs) }
  }

  private room(): number {
    if (!this.isTaking) return 0
    return Math.min(this.parts.options.batchSize, this.parts.request.prefetch() - this.held - this.taking)
  }

  private async take(apiName: string, blobs: readonly string[]): Promise<void> {
    if (!this.isTaking) return this.putBack(this.parts.keys.rpcQueue(apiName), blobs)
    this.taking += blobs.length
    try {
      await this.claim(apiName, blobs.map(decodeCall))
    } catch (error) {
      this.reportLost(blobs.length, error)
    } finally {
      this.taking -= blobs.length
      this.wakeUp.wake()
    }
  }

  private async claim(apiName: string, calls: readonly Decoded<RpcMessage>[]): Promise<void> {
    const { redis, keys, options } = this.parts
    for (const call of calls) if (call.error) this.refuse(call)
    const readable = calls.flatMap((call) => call.message ?? [])
    if (readable.length === 0) return
    const ids = readable.map(({ id }) => id)
    const running = keys.rpcRunning(apiName, this.member)
    const records = [running, ...ids.map((id) => keys.rpcExpiry(apiName, id))]
    const claim = () => runScript(redis.commands, claimScript, records, [presenceMs, ...ids])
    const askedAt = performance.now()
    const left = (await redis.replicas.covered(running, options.waitReplicas, claim)) as number[]
    const waitedMs = Math.ceil(performance.now() - askedAt)
    for (const [index, call] of readable.entries()) {
      const leftMs = left[index] ?? -2
      const remainingMs = (leftMs === -1 ? unknownRemainingMs : leftMs) - waitedMs
      if (remainingMs <= 0) continue
      this.hand({
        call,
        remainingMs,
        cancelled: this.running.add(call.id, running),
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
}
