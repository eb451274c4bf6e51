import {
  transportClosed,
  type ConsumeRequest,
  type RpcConsumer,
  type RpcMessage,
  type RpcTransport,
  type Servers,
} from '@lightbus/core/transport'
import { cancelScript, sendCallScript } from './call-scripts.ts'
import { Heartbeats } from './heartbeats.ts'
import { encodeCall } from './message-blobs.ts'
import { checkSize } from './message-size.ts'
import type { RpcOptions } from './options.ts'
import { RedisOutcomeStore } from './outcome-store.ts'
import { RedisRpcConsumer } from './redis-rpc-consumer.ts'
import { RedisTransport } from './redis-transport.ts'
import { runScript } from './run-script.ts'

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

  async send(call: RpcMessage, options: { readonly timeoutMs: number }): Promise<Servers> {
    const { commands } = this.redis
    const { apiName } = call
    const keys = [
      this.keys.rpcExpiry(call.apiName, call.id),
      this.keys.rpcQueue(apiName),
      this.keys.rpcServers(apiName),
      this.keys.foreignSchema(apiName),
    ]
    const blob = encodeCall(call)
    checkSize(`${apiName}.${call.procedureName}`, [blob], this.options.maxMessageBytes)
    const { rpcTimeoutMs = Infinity } = this.options
    const values = [Math.max(1, Math.ceil(Math.min(options.timeoutMs, rpcTimeoutMs))), blob]
    return this.attempt(async () => (await runScript(commands, sendCallScript, keys, values)) as Servers)
  }

  async cancel(call: RpcMessage): Promise<void> {
    const { commands } = this.redis
    const keys = [this.keys.rpcExpiry(call.apiName, call.id), this.keys.rpcServers(call.apiName)]
    await this.attempt(() =>
      runScript(commands, cancelScript, keys, [call.id, this.keys.rpcRunning(call.apiName, '')]),
    )
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

  protected override async letGo(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()))
  }
}
