import { randomUUID } from 'node:crypto'
import type {
  ConsumeRequest,
  RpcConsumer,
  RpcDelivery,
  RpcMessage,
  TransportContext,
} from '@lightbus/core/transport'
import type { IntakeParts } from './call-intake.ts'
import { leaveScript } from './call-scripts.ts'
import type { Connections } from './connections.ts'
import { DirectIntake } from './direct-intake.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { KeyNames } from './key-names.ts'
import { listTaker, type Taker } from './list-reader.ts'
import type { Unreadable } from './message-blobs.ts'
import type { RpcOptions } from './options.ts'
import { QueueIntake } from './queue-intake.ts'
import { redisError } from './redis-errors.ts'
import { runScript } from './run-script.ts'
import { RunningCalls } from './running-calls.ts'
import { WakeUp } from './wake-up.ts'

/** Of so many calls that make room, one makes it also for the queue that all languages share. */
const turnsOfAll = 8

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
  private readonly intakes: readonly (QueueIntake | DirectIntake)[]
  /** One for all APIs where one key may serve them. */
  private readonly cancellations: readonly Taker[]
  private readonly wakeUp = new WakeUp()
  private held = 0
  private turns = 0
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
    this.cancellations = [...new Set(lists)].map((key) => listTaker(key, (ids) => this.running.cancel(ids)))
    this.intakes = request.apiNames.flatMap((apiName) => this.intakesOf(apiName))
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
    const wake = (): void => this.wakeUp.wake()
    signal.addEventListener('abort', wake)
    // Whoever does not pull again after closing never comes to the end of this function.
    this.stopListening = () => signal.removeEventListener('abort', wake)
    this.isTaking = !signal.aborted && !this.isClosed
    if (this.isTaking) for (const intake of this.intakes) this.parts.redis.lists.add(intake)
    try {
      while (!signal.aborted && !this.isClosed) {
        const next = this.next()
        if (next) yield next
        else await this.wakeUp.next()
      }
      await this.takeNoMore()
      for (let next = this.next(); next; next = this.next()) yield next
    } finally {
      signal.removeEventListener('abort', wake)
      await this.takeNoMore()
    }
  }

  refresh(): void {
    for (const intake of this.intakes) this.parts.redis.lists.changed(intake)
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
      ...request.apiNames.map((apiName) => {
        const about = [keys.rpcServers(apiName), keys.directCalls(apiName), keys.rpcQueue(apiName)]
        return runScript(redis.commands, leaveScript, about, [this.member, keys.rpcExpiry(apiName, '')])
      }),
    ])
  }

  /** Resolves when all that was taken is claimed. */
  private async takeNoMore(): Promise<void> {
    this.isTaking = false
    await Promise.all(
      this.intakes.map(async (intake) => {
        await this.parts.redis.lists.remove(intake)
        await intake.letGo()
      }),
    )
    while (this.claiming > 0) await this.wakeUp.next()
  }

  /** The next call to execute; one whose caller has gone meanwhile is none. */
  private next(): RpcDelivery | undefined {
    for (let next = this.claimed.shift(); next; next = this.claimed.shift()) {
      if (next.undecodable || !this.running.isCancelled(next.call.id)) return next
      next.done()
    }
    return undefined
  }

  private intakesOf(apiName: string): readonly (QueueIntake | DirectIntake)[] {
    const { redis, keys, options } = this.parts
    const parts: IntakeParts = {
      redis,
      keys,
      apiName,
      member: this.member,
      waitReplicas: options.waitReplicas,
      room: () => this.room(),
      hand: (call, remainingMs, seenAt) => this.handCall(call, remainingMs, seenAt),
      refuse: (call) => this.refuse(call),
      lost: (count, error) => this.reportLost(count, error),
      claimed: () => {
        this.wakeUp.wake()
        // Those that were nobody's any more make room.
        this.refresh()
      },
    }
    return [new QueueIntake(parts), new DirectIntake(parts)]
  }

  private get claiming(): number {
    return this.intakes.reduce((sum, { claiming }) => sum + claiming, 0)
  }

  private room(): number {
    if (!this.isTaking) return 0
    return Math.min(this.parts.options.batchSize, this.parts.request.prefetch() - this.held - this.claiming)
  }

  private handCall(call: RpcMessage, remainingMs: number, seenAt: string | undefined): void {
    const running = this.running.add(call.id, seenAt)
    this.hand({
      call,
      remainingMs,
      get cancelled() {
        return running.cancelled
      },
      done: this.holding(call.id),
    })
  }

  private refuse(call: Unreadable): void {
    const { id, return_path: returnPath } = call.metadata
    if (typeof id === 'string' && typeof returnPath === 'string')
      return this.hand({
        undecodable: call.error,
        answer: { callId: id, returnPath },
        done: this.holding(),
      })
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
      this.moreRoom()
    }
  }

  // Where those of ours leave room, the next wait is for all; so while more of them come, the queue of all languages is looked at now and then only.
  private moreRoom(): void {
    const { lists } = this.parts.redis
    this.turns += 1
    const isForAll =
      this.turns % turnsOfAll === 0 || this.intakes.some((intake) => lists.isWaitingFor(intake))
    for (const intake of this.intakes) if (isForAll || intake instanceof DirectIntake) lists.changed(intake)
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
