import type { Clock } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { promoteScript } from './event-scripts.ts'
import { delayedEvents } from './key-names.ts'
import { runScript } from './run-script.ts'

const atOnce = 100
const jitterMs = 10

interface Watched {
  dueAt: number
  cancel: () => void
}

interface DelayedParts {
  /** Adds what is due to the stream; resolves with the milliseconds to the next one, -1 when there is none. */
  readonly promote: (stream: string) => Promise<number>
  readonly clock: Clock
  /** When to try again after a failure. */
  readonly intervalMs: number
}

/**
 * Lets events that were sent with a delay arrive in time. It is told of them by whoever has sent one, and by whoever hears the
 * stream and looks after it: the death of the sender loses nothing.
 */
export class DelayedEvents {
  private readonly parts: DelayedParts
  private readonly streams = new Map<string, Watched>()
  private readonly promoting = new Set<Promise<void>>()
  private isClosed = false

  constructor(parts: DelayedParts) {
    this.parts = parts
  }

  /** An event of the stream is due in so many milliseconds. */
  expect(stream: string, ms: number): void {
    if (this.isClosed) return
    const watched = this.watched(stream)
    const dueAt = this.parts.clock.now() + ms
    if (dueAt >= watched.dueAt) return
    watched.cancel()
    watched.dueAt = dueAt
    // Jittered, so that the processes that wait for the same event do not all ask at the same moment.
    const afterMs = ms > 0 ? ms + Math.random() * jitterMs : 0
    watched.cancel = this.parts.clock.after(afterMs, () => {
      const promoting = this.promote(stream, watched).finally(() => this.promoting.delete(promoting))
      this.promoting.add(promoting)
    })
  }

  /** Looks after nothing more. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const { cancel } of this.streams.values()) cancel()
    this.streams.clear()
    await Promise.all(this.promoting)
  }

  private watched(stream: string): Watched {
    const watched = this.streams.get(stream) ?? { dueAt: Infinity, cancel: () => undefined }
    this.streams.set(stream, watched)
    return watched
  }

  private async promote(stream: string, watched: Watched): Promise<void> {
    watched.dueAt = Infinity
    // The connection reports its loss itself; here it is only tried again.
    const nextMs = await this.parts.promote(stream).catch(() => this.parts.intervalMs)
    if (this.streams.get(stream) !== watched) return
    if (nextMs >= 0) this.expect(stream, nextMs)
    else if (watched.dueAt === Infinity) this.streams.delete(stream)
  }
}

/** Adds what is due to its stream. Tells how many that were, and when the next one is due: in so many milliseconds, -1 for never. */
export async function promoteDelayed(
  commands: Redis,
  stream: string,
): Promise<{ readonly added: number; readonly nextMs: number }> {
  const reply = await runScript(commands, promoteScript, [stream, delayedEvents(stream)], [atOnce])
  const [added, nextMs] = reply as [number, number]
  return { added, nextMs }
}
