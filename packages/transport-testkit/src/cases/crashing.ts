import type { EventMessage, EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { address } from './samples.ts'

/** A short lease, so that real time is not long; all members of a group wish for the same. */
export const wishes = { leaseMs: 1_000 }

/** How a victim becomes a member of the group that `listen` joins. */
export const membership = { listenerName: 'mail', events: [address], prefetch: 10 }

/** Sends all at once, from a process of its own, which stays. */
export async function sendAll(stage: Stage, events: readonly EventMessage[]): Promise<void> {
  const sender = await stage.event({ service: 'sender', wishes })
  await Promise.all(events.map((event) => sender.send(event)))
}

/** Whether victims are to be had, and how many may be afforded. */
export function affordable(stage: Stage, ideal: number): number {
  const { simulate, entry } = stage.harness
  if (simulate) return ideal
  // A child process takes its time to start.
  return entry ? Math.min(ideal, 4) : 0
}

/** Fails when the group of the listener still holds something, or waits for it, as far as that can be seen. */
export async function expectNothingLeft(
  stage: Stage,
  events: EventTransport,
  listenerName = membership.listenerName,
): Promise<void> {
  const standing = await events.standing?.({ listenerName, events: [address] })
  if (standing) expect(standing, 'how the group stands').to.include({ lag: 0, pending: 0 })
  if (!stage.harness.inspect) return
  const { groups } = await stage.inspect()
  const pending = groups.filter((group) => group.pending > 0)
  expect(pending, 'groups with pending events').to.deep.equal([])
}
