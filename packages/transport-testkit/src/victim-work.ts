import {
  createEventMessage,
  createResult,
  type EventAddress,
  type EventDelivery,
  type EventSubscription,
  type RpcDelivery,
  type Settled,
} from '@lightbus/core/transport'
import type { Process } from './process.ts'
import type { Settlement, Taken, Victim, VictimRequest } from './victim.ts'

/** What a victim does as long as it lives. */
export class VictimWork implements Omit<Victim, 'freeze' | 'thaw' | 'kill'> {
  readonly #process: Process
  readonly #ending = new AbortController()
  readonly #held = new Map<string, EventDelivery>()
  #subscription: EventSubscription | undefined
  #deliveries: AsyncIterator<EventDelivery> | undefined
  #hanging = 0
  #tellHanging: () => void = () => undefined

  constructor(process: Process) {
    this.#process = process
  }

  async listen({ prefetch, ...request }: VictimRequest): Promise<void> {
    const events = await this.#process.event()
    this.#subscription = await events.subscribe({ ...request, prefetch: () => prefetch })
    this.#deliveries = this.#subscription.deliveries(this.#ending.signal)[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<readonly Taken[]> {
    const taken: Taken[] = []
    while (taken.length < count) {
      const next = await this.#deliveries?.next()
      if (!next || next.done || !next.value.event) throw new Error('The deliveries have ended.')
      const { event, attempt } = next.value
      this.#held.set(event.id, next.value)
      taken.push({ id: event.id, attempt })
    }
    return taken
  }

  async settle(id: string, how: Settlement): Promise<Settled> {
    const receipt = this.#held.get(id)?.receipt
    if (!receipt || !this.#subscription) throw new Error(`The event ${id} was not taken.`)
    if (how.type === 'acknowledge') return this.#subscription.acknowledge(receipt)
    if (how.type === 'dead-letter') return this.#subscription.deadLetter(receipt, how.reason)
    return this.#subscription.giveBack(receipt, { delayMs: how.delayMs })
  }

  async isLost(id: string): Promise<boolean> {
    return this.#held.get(id)?.lost?.aborted ?? false
  }

  async sendLater(event: EventAddress & { readonly id: string }, delayMs: number): Promise<void> {
    const events = await this.#process.event()
    await events.send(createEventMessage({ ...event, parameters: { id: event.id } }), { delayMs })
  }

  async serve(apiName: string, concurrency: number): Promise<void> {
    const rpcs = await this.#process.rpc()
    const consumer = await rpcs.consume({ apiNames: [apiName], prefetch: () => concurrency })
    void this.#answer(consumer.calls(this.#ending.signal))
  }

  async hanging(count: number): Promise<void> {
    while (this.#hanging < count) await new Promise<void>((resolve) => (this.#tellHanging = resolve))
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#process.close()
  }

  async #answer(calls: AsyncIterable<RpcDelivery>): Promise<void> {
    for await (const { call, done } of calls) {
      if (call?.procedureName === 'hang') {
        this.#hanging += 1
        this.#tellHanging()
        continue
      }
      const results = await this.#process.result()
      if (call) await results.send(createResult(call.id, { type: 'value', value: call.id }), call.returnPath)
      done()
    }
  }
}
