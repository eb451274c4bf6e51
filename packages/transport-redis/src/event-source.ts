import type { EventAddress } from '@lightbus/core/transport'
import type { GroupLook } from './look-scripts.ts'
import type { StreamGroup } from './stream-group.ts'
import { compareIds } from './stream-ids.ts'

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
  /** What others have left comes before what is new, each time the other way round. */
  isOldsTurn = false
  /** Some of the group's events may have been trimmed away unheard. */
  isTrimDue = false
  /** All up to here was given to somebody and done with when it was last looked at. */
  private doneTo = '0'
  private ownRedriven: EventSource | undefined
  private readonly wanted: Set<string>

  constructor(group: StreamGroup, wanted = new Set<string>()) {
    this.group = group
    this.wanted = wanted
  }

  /** What the group was given back of its dead letters of this stream. */
  redriven(): EventSource {
    return (this.ownRedriven ??= new EventSource(this.group.redriven(), this.wanted))
  }

  /** Makes the group if there is none; one that exists keeps its position. */
  async join(start: string): Promise<void> {
    await this.group.hear([...this.wanted])
    await this.group.ensure(start)
  }

  /**
   * Makes a group that has vanished anew where it was done with everything, so that nothing is skipped and little comes twice; from the
   * beginning on if the stream is no more the one that it was.
   */
  async rejoin(): Promise<void> {
    const newest = await this.group.newestId()
    const isSame = newest !== undefined && compareIds(newest, this.doneTo) >= 0
    if (!isSame) this.doneTo = '0'
    await this.join(this.doneTo)
  }

  /** Takes down what a look has shown. Tells whether there is something to do. */
  note({ doneTo, isLeft, isTrimmed }: GroupLook): boolean {
    if (isLeft) this.isSweepDue = this.redriven().isSweepDue = this.redriven().hasNew = true
    if (isTrimmed) this.isTrimDue = true
    // Whoever reads finds out that the group has vanished.
    if (doneTo === undefined) this.hasNew = true
    else this.doneTo = doneTo
    return isLeft || isTrimmed || doneTo === undefined
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
