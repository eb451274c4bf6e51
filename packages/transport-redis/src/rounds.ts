import type { Clock } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import type { DelayedEvents } from './delayed-events.ts'
import type { EventSource } from './event-source.ts'
import { delayedEvents } from './key-names.ts'
import { lookAt } from './look-scripts.ts'
import { slotTag } from './per-slot.ts'
import { tidyConsumers } from './stale-consumers.ts'

interface RoundsParts {
  readonly commands: Redis
  readonly clock: Clock
  readonly delayed: DelayedEvents
  /** How often to look. */
  readonly lookMs: number
  /** Until when consumers count as alive that say nothing. */
  readonly consumerTtlMs: number
  /** Whether keys have to be in one slot to be looked at together. */
  readonly hasSlots: boolean
}

/** What one subscription wants to be looked at. */
export interface Attended {
  readonly streams: readonly string[]
  /** Those whose group is the listener's own in a stream of all; what was redriven for it is looked at with them. */
  readonly sources: readonly EventSource[]
  /** Called when a source has something to do. */
  readonly wake: () => void
}

interface Place {
  readonly streams: Set<string>
  readonly sources: Map<EventSource, () => void>
}

const mostAtOnce = 50

/**
 * One look for all subscriptions of this process, whatever their number: for delayed events that are due, for what others have left, and for
 * groups that have vanished. Now and then it also says that our consumers live.
 */
export class Rounds {
  readonly #parts: RoundsParts
  readonly #attended = new Set<Attended>()
  readonly #timers = new Map<'look' | 'tidy', () => void>()
  #isClosed = false

  constructor(parts: RoundsParts) {
    this.#parts = parts
  }

  /** Looks at once, and then again and again until the returned function is called. */
  async attend(attended: Attended): Promise<() => void> {
    for (const place of this.#places([attended])) {
      await this.#look(place)
      await this.#tidy(place)
    }
    if (this.#isClosed) return () => undefined
    this.#attended.add(attended)
    const { lookMs, consumerTtlMs } = this.#parts
    if (this.#timers.size === 0) {
      this.#repeat('look', lookMs, (place) => this.#look(place))
      this.#repeat('tidy', consumerTtlMs / 3, (place) => this.#tidy(place))
    }
    return () => {
      this.#attended.delete(attended)
      if (this.#attended.size === 0) this.#rest()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#attended.clear()
    this.#rest()
  }

  #rest(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  #repeat(name: 'look' | 'tidy', ms: number, act: (place: Place) => Promise<void>): void {
    // Jittered, so that the processes of a service do not all look at the same moment.
    const cancel = this.#parts.clock.after(ms * (0.75 + Math.random() / 2), () => {
      const isWanted = (): boolean => this.#timers.get(name) === cancel
      void this.#goRound(act, isWanted).then(() => {
        if (isWanted()) this.#repeat(name, ms, act)
      })
    })
    this.#timers.set(name, cancel)
  }

  /** One after the other, so that the commands of others come in between. */
  async #goRound(act: (place: Place) => Promise<void>, isWanted: () => boolean): Promise<void> {
    for (const place of this.#places(this.#attended)) {
      // What fails is tried again at the next round; the connection reports its loss itself.
      if (isWanted()) await act(place).catch(() => undefined)
    }
  }

  /** What can be asked for in one command: few at once, so that nobody waits long for it. */
  #places(all: Iterable<Attended>): Place[] {
    const places: Place[] = []
    const open = new Map<string, Place>()
    const placeOf = (stream: string): Place => {
      const tag = this.#parts.hasSlots ? slotTag(stream) : ''
      const found = open.get(tag)
      if (found && found.streams.size < mostAtOnce && found.sources.size < mostAtOnce) return found
      const place = { streams: new Set<string>(), sources: new Map<EventSource, () => void>() }
      open.set(tag, place)
      places.push(place)
      return place
    }
    for (const { streams, sources, wake } of all) {
      for (const stream of streams) placeOf(stream).streams.add(stream)
      for (const source of sources) placeOf(source.group.stream).sources.set(source, wake)
    }
    return places
  }

  async #look(place: Place): Promise<void> {
    const { commands, delayed } = this.#parts
    const [streams, sources] = [[...place.streams], [...place.sources]]
    const { delaysMs, groups } = await lookAt(
      commands,
      streams.map(delayedEvents),
      sources.map(([{ group }]) => group),
    )
    for (const [index, ms] of delaysMs.entries()) if (ms >= 0) delayed.expect(streams[index] ?? '', ms)
    for (const [index, look] of groups.entries()) {
      const [source, wake] = sources[index] ?? []
      if (source?.note(look)) wake?.()
    }
  }

  async #tidy({ sources }: Place): Promise<void> {
    if (sources.size === 0) return
    const { commands, consumerTtlMs } = this.#parts
    const groups = [...sources.keys()].map(({ group }) => group)
    const redriven = [...sources.keys()].map((source) => source.redriven().group)
    const kept = await tidyConsumers(commands, [...groups, ...redriven], consumerTtlMs)
    // A group that has vanished is found by the next look.
    await Promise.allSettled([
      ...groups.map((group) => group.touch()),
      ...kept.map(({ group, consumer }) => group.touch(consumer)),
    ])
  }
}
