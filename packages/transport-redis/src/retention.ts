import type { TransportContext } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import type { EventOptions } from './options.ts'
import { trimScript } from './retention-scripts.ts'
import { runScript } from './run-script.ts'

// Events added by this process between two trims of a stream, and how many entries a trim takes away at most.
const period = 100

interface Tended {
  /** How many more are to be added before the next trim. */
  left: number
  trimming: Promise<void> | undefined
  /** The groups whose losses were told of. */
  readonly told: Set<string>
}

interface RetentionParts {
  readonly commands: Redis
  readonly options: EventOptions
  readonly context: TransportContext
}

/**
 * Keeps streams at about their length: whoever adds trims now and then. What some group has not finished stays, up to the
 * limit for that; in a lossy stream it goes. What a group has lost is counted exactly.
 */
export class Retention {
  readonly #parts: RetentionParts
  readonly #streams = new Map<string, Tended>()

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  /** So many events were added to the stream. */
  added(stream: string, count = 1): void {
    const { maxStreamLength } = this.#parts.options
    if (maxStreamLength === null) return
    const tended = this.#tended(stream)
    tended.left -= count
    if (tended.left > 0 || tended.trimming) return
    tended.left = period
    tended.trimming = this.#trim(stream, tended, maxStreamLength)
  }

  /** Resolves when no trim is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#streams.values()].flatMap(({ trimming }) => trimming ?? []))
  }

  #tended(stream: string): Tended {
    // At random, so that processes that send little trim too: one in a hundred of them.
    const left = Math.ceil(Math.random() * period)
    const tended = this.#streams.get(stream) ?? { left, trimming: undefined, told: new Set() }
    this.#streams.set(stream, tended)
    return tended
  }

  async #trim(stream: string, tended: Tended, length: number): Promise<void> {
    const { commands, options } = this.#parts
    const limit = options.retention === 'lossy' ? length : options.maxUnfinishedLength
    try {
      const reply = await runScript(commands, trimScript, [stream], [length, Math.max(length, limit), period])
      const [hasMore, ...losses] = reply as [number, ...(string | number)[]]
      if (hasMore === 1) tended.left = 0
      for (let i = 0; i + 1 < losses.length; i += 2)
        this.#lost(stream, tended, String(losses[i]), Number(losses[i + 1]))
    } catch {
      // The event itself was sent; the next trim takes what this one has left.
    } finally {
      tended.trimming = undefined
    }
  }

  /** The group's own processes tell how many; it may have none any more. */
  #lost(stream: string, { told }: Tended, group: string, count: number): void {
    const { context, options } = this.#parts
    if (options.retention === 'lossy' || told.has(group)) return
    told.add(group)
    const message =
      `${stream} has more than ${options.maxUnfinishedLength} events that the group ${group} has not finished;` +
      ` from now on the oldest are trimmed away, ${count} so far.`
    context.report({ type: 'risk', transport: 'redis', message, group, count })
  }
}
