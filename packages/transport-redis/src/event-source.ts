import type { EventAddress } from '@lightbus/core/transport'
import type { StreamGroup } from './stream-group.ts'

/** One stream that a subscription reads, with what is known to be left to do there. */
export class EventSource {
  readonly group: StreamGroup
  /** Something may be there that nobody in the group was given yet. */
  hasNew = true
  /** Something may be pending under our own name that is not in hand here: left by a predecessor, or lost with a reply. */
  hasOwn = true
  /** Something of a key may have come ahead that nobody in the group was given yet. */
  hasReady = true
  /** It is time to look for what others have left. */
  isSweepDue = false
  /** Some of the group's events may have been trimmed away unheard. */
  isTrimDue = true
  private tidyAt = 0
  private readonly wanted: Set<string>

  constructor(group: StreamGroup, wanted = new Set<string>()) {
    this.group = group
    this.wanted = wanted
  }

  /** What the group was given back of its dead letters of this stream. */
  redriven(): EventSource {
    return new EventSource(this.group.redriven(), this.wanted)
  }

  /** Makes the group if there is none; one that exists keeps its position. */
  async join(start: string): Promise<void> {
    await this.group.hear([...this.wanted])
    await this.group.ensure(start)
  }

  /** Says now and then that this consumer lives, and takes away those that have long gone. */
  async tidy(ttlMs: number): Promise<void> {
    if (performance.now() < this.tidyAt) return
    this.tidyAt = performance.now() + ttlMs / 3
    // What fails is tried again; it is no reason to keep events waiting.
    await this.group.tidy(ttlMs).catch(() => undefined)
  }

  want(event: EventAddress): void {
    this.wanted.add(nameOf(event))
  }

  wants(event: EventAddress): boolean {
    return this.wanted.has(nameOf(event))
  }
}

// As the trim of a stream puts it together too.
function nameOf({ apiName, eventName }: EventAddress): string {
  return `${apiName}\0${eventName}`
}
