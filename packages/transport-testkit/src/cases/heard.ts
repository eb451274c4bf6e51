import { setImmediate as turn } from 'node:timers/promises'
import type { EventDelivery, EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Listening } from './pulling.ts'

/** Goes on pulling and acknowledging beside the case. The ids are there as soon as they are settled. */
export function keepHandling(stage: Stage, { subscription, deliveries }: Listening): readonly unknown[] {
  const ids: unknown[] = []
  keepPulling(stage, deliveries, async ({ event, receipt }) => {
    await subscription.acknowledge(receipt)
    ids.push(event?.id)
  })
  return ids
}

/** Goes on pulling beside the case, and settles nothing. */
export function keepHolding(stage: Stage, { deliveries }: Listening): readonly EventDelivery[] {
  const held: EventDelivery[] = []
  keepPulling(stage, deliveries, async (delivery) => void held.push(delivery))
  return held
}

/** Goes on beside the case until the iteration ends. */
export function keepPulling(
  stage: Stage,
  deliveries: AsyncIterator<EventDelivery>,
  act: (delivery: EventDelivery) => Promise<void>,
): void {
  const pullAll = async (): Promise<void> => {
    for (let item = await deliveries.next(); !item.done; item = await deliveries.next()) {
      await act(item.value)
      // So that the case can end, even if what it is given never does.
      await turn()
    }
  }
  stage.during(pullAll())
}

/** These and no others, each once; in this order where the transport keeps one. */
export function expectHeard(
  { features }: EventTransport,
  heard: readonly unknown[],
  expected: readonly string[],
  words = 'what was heard',
): void {
  if (features.order) expect(heard, words).to.deep.equal(expected)
  else expect(heard, words).to.have.members([...expected])
}

/** How many milliseconds two clocks may differ that show the same time, and how much too early a timer may be. */
export const clockGrainMs = 5
