import type {
  ConsumeRequest,
  Health,
  Risk,
  RpcFeatures,
  RpcMessage,
  RpcTransport,
  Servers,
  TransportContext,
} from '@lightbus/core/transport'
import { Link } from './link.ts'
import { MemoryRpcConsumer } from './memory-rpc-consumer.ts'
import { messageText } from './message-text.ts'
import type { MemoryOptions } from './options.ts'
import { MemoryOutcomeStore } from './outcome-store.ts'
import { memoryRisks } from './risks.ts'
import type { RpcStore } from './rpc-store.ts'

/** Calls within this process. A call is with the server that waits for it when `send` resolves. */
export class MemoryRpcTransport implements RpcTransport {
  readonly name = 'memory'
  readonly features: RpcFeatures = { presence: true, deadline: true, idempotency: true }
  readonly outcomes: MemoryOutcomeStore
  readonly #maxBytes: number
  readonly #link: Link
  readonly #consumers = new Set<MemoryRpcConsumer>()

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#maxBytes = options.maxMessageBytes
    this.#link = new Link(options, context)
    this.outcomes = new MemoryOutcomeStore(this.#link)
  }

  get address(): string {
    return this.#link.address
  }

  open(): Promise<void> {
    return this.#link.open()
  }

  async send(call: RpcMessage, options: { readonly timeoutMs: number }): Promise<Servers> {
    const text = messageText(`${call.apiName}.${call.procedureName}`, call, this.#maxBytes)
    const isServed = await this.#link.carry(({ rpcs }) => rpcs.add(call, text, options.timeoutMs))
    return isServed ? 'some' : 'none'
  }

  cancel(call: RpcMessage): Promise<void> {
    return this.#link.carry(({ rpcs }) => rpcs.cancel(call))
  }

  async consume(request: ConsumeRequest): Promise<MemoryRpcConsumer> {
    let consumer: MemoryRpcConsumer | undefined
    try {
      return await this.#link.carry(({ rpcs }) => (consumer = this.#consumer(rpcs, request)))
    } catch (error) {
      // The broker may count it as a server all the same.
      await consumer?.close()
      throw error
    }
  }

  async health(): Promise<Health> {
    return this.#link.health()
  }

  risks(): Promise<readonly Risk[]> {
    return this.#link.carry(() => memoryRisks)
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close()
    this.#link.close()
  }

  #consumer(rpcs: RpcStore, request: ConsumeRequest): MemoryRpcConsumer {
    const closed = (): void => void this.#consumers.delete(consumer)
    const consumer = new MemoryRpcConsumer({ rpcs, request, link: this.#link, closed })
    this.#consumers.add(consumer)
    return consumer
  }
}
