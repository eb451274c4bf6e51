import type {
  ConsumeRequest,
  RpcFeatures,
  RpcMessage,
  RpcTransport,
  Servers,
  TransportContext,
} from '@lightbus/core/transport'
import { BrokerHold } from './broker-hold.ts'
import { MemoryRpcConsumer } from './memory-rpc-consumer.ts'
import type { MemoryOptions } from './options.ts'

/** Calls within this process. A call is with the server that waits for it when `send` resolves. */
export class MemoryRpcTransport implements RpcTransport {
  readonly name = 'memory'
  readonly features: RpcFeatures = { presence: true, deadline: true }
  readonly #context: TransportContext
  readonly #hold: BrokerHold
  readonly #consumers = new Set<MemoryRpcConsumer>()

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#context = context
    this.#hold = new BrokerHold(options.namespace)
  }

  get address(): string {
    return this.#hold.address
  }

  async open(): Promise<void> {
    this.#hold.open()
  }

  async send(call: RpcMessage, options: { readonly timeoutMs: number }): Promise<Servers> {
    return this.#hold.broker.rpcs.add(call, options.timeoutMs, this.#context.clock) ? 'some' : 'none'
  }

  async cancel(call: RpcMessage): Promise<void> {
    this.#hold.broker.rpcs.cancel(call)
  }

  async consume(request: ConsumeRequest): Promise<MemoryRpcConsumer> {
    const { rpcs } = this.#hold.broker
    const consumer = new MemoryRpcConsumer(rpcs, request, () => this.#consumers.delete(consumer))
    this.#consumers.add(consumer)
    return consumer
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close()
    this.#hold.close()
  }
}
