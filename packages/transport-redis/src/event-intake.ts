import { isBusError, type EventDelivery } from '@lightbus/core/transport'
import { decodeEntry, isKeyed, isNoOp } from './event-fields.ts'
import type { EventSource } from './event-source.ts'
import type { HeldEvent, HeldEvents } from './held-events.ts'
import { nativeId as nativeIdOf, timeOf } from './stream-ids.ts'
import type { Entry } from './stream-replies.ts'

/** Makes deliveries of entries: it holds what somebody wants, and settles the rest. */
export class EventIntake {
  private readonly held: HeldEvents
  private readonly unwanted: { readonly id: string; readonly isKeyed: boolean }[] = []

  constructor(held: HeldEvents) {
    this.held = held
  }

  /** Holds the entry; if nobody wants it, it is dropped by the next `settle`. */
  hold(source: EventSource, [id, fields]: Entry, attempt: number): EventDelivery | undefined {
    const keyed = fields !== null && isKeyed(fields)
    const nativeId = nativeIdOf(source.group.stream, id)
    try {
      if (fields !== null && !isNoOp(fields)) {
        const { event, ttlMs } = decodeEntry(fields, nativeId)
        if (source.wants(event)) {
          const expiresAt = ttlMs === Infinity ? Infinity : timeOf(id) + ttlMs
          const receipt = this.held.add(source.group, id, { attempt, expiresAt, isKeyed: keyed })
          return {
            attempt,
            nativeId,
            receipt,
            event,
            get lost() {
              return receipt.lost
            },
          }
        }
      }
    } catch (error) {
      if (!isBusError(error)) throw error
      const receipt = this.held.add(source.group, id, { attempt, expiresAt: Infinity, isKeyed: keyed })
      return { attempt, nativeId, receipt, lost: receipt.lost, undecodable: error }
    }
    this.unwanted.push({ id, isKeyed: keyed })
    return undefined
  }

  /** Settles what nobody wants. Tells whether something else is ready to be taken now. */
  async settle({ group }: EventSource): Promise<boolean> {
    const unwanted = this.unwanted.splice(0)
    const isAnyKeyed = unwanted.some(({ isKeyed }) => isKeyed)
    const ids = unwanted.map(({ id }) => id)
    return group.drop(ids, isAnyKeyed)
  }

  /** Of what was just read, that which may be handed out; what is behind an event of its key is held no more. */
  async enter(
    { group }: EventSource,
    deliveries: readonly EventDelivery[],
  ): Promise<readonly EventDelivery[]> {
    const keyed = deliveries.map(heldIn).filter((event) => event.isKeyed)
    if (keyed.length === 0) return deliveries
    const ahead = await group.turns.enter(keyed.map(({ id }) => id))
    const behind = new Set(keyed.filter(({ id }) => !ahead.has(id)))
    for (const event of behind) this.held.remove(event)
    return deliveries.filter((delivery) => !behind.has(heldIn(delivery)))
  }

  /** They are not held any more. */
  letGo(deliveries: readonly EventDelivery[]): void {
    for (const delivery of deliveries) this.held.remove(heldIn(delivery))
  }
}

/** The event that is held for a delivery of ours. */
export function heldIn(delivery: EventDelivery): HeldEvent {
  return delivery.receipt as HeldEvent
}
