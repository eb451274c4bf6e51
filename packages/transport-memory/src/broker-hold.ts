import { transportClosed } from '@lightbus/core/transport'
import { joinBroker, leaveBroker, type MemoryBroker } from './memory-broker.ts'

/** A transport's hold on the broker of its namespace, from open to close. */
export class BrokerHold {
  readonly address: string
  readonly #namespace: string
  #broker: MemoryBroker | undefined

  constructor(namespace: string) {
    this.#namespace = namespace
    this.address = `memory://${encodeURIComponent(namespace)}`
  }

  get isOpen(): boolean {
    return this.#broker !== undefined
  }

  /** Throws `BUS_TRANSPORT_CLOSED` before open and after close. */
  get broker(): MemoryBroker {
    if (!this.#broker) throw transportClosed({ transport: 'memory' })
    return this.#broker
  }

  open(): void {
    this.#broker ??= joinBroker(this.#namespace)
  }

  close(): void {
    const broker = this.#broker
    this.#broker = undefined
    if (broker) leaveBroker(broker)
  }
}
