import {
  transportClosed,
  type ConsumeRequest,
  type RpcConsumer,
  type RpcMessage,
  type RpcTransport,
  type Servers,
} from '@lightbus/core/transport'
import { cancelScript, sendCallsScript } from './call-scripts.ts'
import { GatheredBy, mostTogether } from './gathered.ts'
import { Heartbeats } from './heartbeats.ts'
import { encodeCall } from './message-blobs.ts'
import { checkSize } from './message-size.ts'
import type { RpcOptions } from './options.ts'
import { RedisOutcomeStore } from './outcome-store.ts'
import { RedisRpcConsumer } from './redis-rpc-consumer.ts'
import { RedisTransport } from './redis-transport.ts'
import { runGathered, runScript } from './run-script.ts'

/** In how many waiting calls one that is cancelled is looked for; where more wait, the servers that are there are told of it. */
const mostLookedAt = 250

interface SentCall {
  readonly id: string
  readonly timeoutMs: number
  readonly blob: string
}

/** Calls in one list for each API; a record of its own, deleted by whoever executes the call, makes it at most once. */
export class RedisRpcTransport extends RedisTransport<RpcOptions> implements RpcTransport {
  protected readonly kind = 'rpc'
  readonly features = { presence: true, deadline: true, idempotency: true } as const
  readonly outcomes = new RedisOutcomeStore({
    connections: () => this.redis,
    keys: this.keys,
    waitReplicas: this.options.waitReplicas,
    attempt: (act) => this.attempt(act),
  })
  private readonly heartbeats = new Heartbeats({
    commands: () => this.redis.commands,
    clock: this.context.clock,
    hasSlots: this.place.hasSlots,
  })
  private readonly consumers = new Set<RedisRpcConsumer>()
  private readonly sending = new GatheredBy<SentCall, Servers>(mostTogether, (apiName, calls, isFull) =>
    this.attempt(() => this.sendAll(apiName, calls, isFull)),
  )

  async send(call: RpcMessage, options: { readonly timeoutMs: number }): Promise<Servers> {
    void this.redis
    const { apiName, id } = call
    const blob = encodeCall(call)
    checkSize(`${apiName}.${call.procedureName}`, [blob], this.options.maxMessageBytes)
    const { rpcTimeoutMs = Infinity } = this.options
    const timeoutMs = Math.max(1, Math.ceil(Math.min(options.timeoutMs, rpcTimeoutMs)))
    return this.sending.add(apiName, { id, timeoutMs, blob }, blob.length)
  }

  async cancel(call: RpcMessage): Promise<void> {
    const { commands } = this.redis
    const { keys } = this
    const { apiName, id } = call
    const about = [keys.rpcExpiry(apiName, id), keys.rpcServers(apiName), keys.directCalls(apiName)]
    const values = [id, keys.rpcRunning(apiName, ''), mostLookedAt]
    await this.attempt(() => runScript(commands, cancelScript, about, values))
  }

  async consume(request: ConsumeRequest): Promise<RpcConsumer> {
    const { redis } = this
    const consumer = new RedisRpcConsumer({
      redis,
      request,
      keys: this.keys,
      context: this.context,
      heartbeats: this.heartbeats,
      options: this.options,
      onClose: () => this.consumers.delete(consumer),
    })
    this.consumers.add(consumer)
    try {
      await this.attempt(() => consumer.announce())
    } catch (error) {
      await consumer.close()
      throw error
    }
    if (!this.consumers.has(consumer)) throw transportClosed({ transport: this.name })
    return consumer
  }

  private async sendAll(
    apiName: string,
    calls: readonly SentCall[],
    isFull: boolean,
  ): Promise<readonly Servers[]> {
    const { keys } = this
    const [queue, direct] = [keys.rpcQueue(apiName), keys.directCalls(apiName)]
    const about = [queue, keys.rpcServers(apiName), keys.foreignSchema(apiName), direct]
    const values: (string | number)[] = [keys.rpcExpiry(apiName, '')]
    for (const { timeoutMs, id, blob } of calls) values.push(timeoutMs, id, blob)
    const sending = { script: sendCallsScript, keys: about, values }
    const servers = (await runGathered(this.redis.commands, sending, isFull)) as Servers
    return calls.map(() => servers)
  }

  protected override async letGo(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()))
  }
}
