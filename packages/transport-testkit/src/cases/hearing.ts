import { isBusError, type EventTransport } from '@lightbus/core/transport'
import type { Stage } from '../stage.ts'
import { address } from './samples.ts'

/** A member of a group that handles whatever it is given, for as long as the case goes on. */
export interface Hearing {
  /** The ids of what it has handled, in that order. */
  readonly heard: readonly string[]
  /** Waits until it has handled all of these. Rejects when it has stopped hearing. */
  hears(ids: readonly string[]): Promise<void>
}

/** Handles the usual event as listener `mail` unless another is named, whatever happens to the broker on the way. */
export async function hearing(stage: Stage, events: EventTransport, listenerName = 'mail'): Promise<Hearing> {
  const subscription = await events.subscribe({ listenerName, events: [address], prefetch: () => 100 })
  const heard: string[] = []
  const different = new Set<string>()
  let failure: unknown
  const hear = async (): Promise<void> => {
    for await (const { event, receipt } of subscription.deliveries(stage.signal)) {
      await persist(stage, () => subscription.acknowledge(receipt))
      heard.push(event?.id ?? '')
      different.add(event?.id ?? '')
    }
    failure = new Error('The deliveries have ended.')
  }
  stage.during(hear().catch((error: unknown) => (failure = error)))
  return {
    heard,
    async hears(ids) {
      await stage.until(() => {
        if (failure !== undefined) throw failure
        return different.size >= ids.length && ids.every((id) => different.has(id))
      })
    },
  }
}

const againAfterMs = 20

/** Tries again as long as the error says that this may help. */
export async function persist<T>(stage: Stage, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!isBusError(error) || !error.retriable) throw error
      stage.signal.throwIfAborted()
      await stage.pass(againAfterMs)
    }
  }
}
