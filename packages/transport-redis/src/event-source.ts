import type { EventAddress } from '@lightbus/core/transport'
import type { StreamGroup } from './stream-group.ts'

/** One stream that a subscription reads, with what is known to be left to do there. */
export class EventSource {
  readonly group: StreamGroup
  /** Something may be there that nobody in the group was given yet. */
  hasNew = true
  /** Something may be pending under our own name that is not in hand here: left by a predecessor, or lost with a reply. */
  hasOwn = true
  /** It is time to look for what others have left. */
  isSweepDue = false
  private readonly wanted: Set<string>

  constructor(group: StreamGroup, wanted = new Set<string>()) {
    this.group = group
    this.wanted = wanted
  }

  /** What the group was given back of its dead letters of this stream. */
  redriven(): EventSource {
    return new EventSource(this.group.redriven(), this.wanted)
  }

  want(event: EventAddress): void {
    this.wanted.add(JSON.stringify([event.apiName, event.eventName]))
  }

  wants(event: EventAddress): boolean {
    return this.wanted.has(JSON.stringify([event.apiName, event.eventName]))
  }
}
