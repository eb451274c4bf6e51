import { EventEmitter } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { transportRefused, transportUnavailable } from '@lightbus/core/transport'
import type { EventAddress, EventMessage } from '@lightbus/core/transport'

/** What a line of the file says: an event was sent, a group began to hear such events, or has settled one. */
type Line =
  | { readonly nativeId: string; readonly event: EventMessage }
  | { readonly group: string; readonly hears: EventAddress }
  | { readonly group: string; readonly settles: string }

/** An event that waits for a member of a group, or is in the hands of one. */
export interface Unsettled {
  readonly nativeId: string
  readonly event: EventMessage
  attempts: number
  isHeld: boolean
}

/** A listener of a service: its members share the events. It goes on hearing when all of them have left. */
export class Group {
  readonly addresses: EventAddress[] = []
  readonly members = new Set<object>()
  /** By their native ids, in the order of sending. */
  readonly unsettled = new Map<string, Unsettled>()
  /** Tells of every `change`, so that nobody has to look again and again. */
  readonly changes = new EventEmitter().setMaxListeners(0)

  /** Takes the event in if it is for this group. */
  offer(nativeId: string, event: EventMessage): void {
    if (!isFor(event, this.addresses)) return
    this.unsettled.set(nativeId, { nativeId, event, attempts: 0, isHeld: false })
    this.changes.emit('change')
  }
}

/** A file to which lines are only ever added. Read from the top, they give back the groups as they were. */
export class Journal {
  readonly groups = new Map<string, Group>()
  /** How many transports have it open. */
  holders = 0
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    // Makes the file if it is not there, and finds out whether it may be written.
    const text = attempt(path, () => readFileSync(path, { encoding: 'utf8', flag: 'a+' }))
    for (const line of text.split('\n').flatMap(parse)) this.#apply(line)
  }

  /** Lets something happen, and be remembered. A line begins with its break, so that half a line before it ends there. */
  write(line: Line): void {
    attempt(this.#path, () => appendFileSync(this.#path, `\n${JSON.stringify(line)}`))
    this.#apply(line)
  }

  /** The group of this name. It hears these events from now on, unless it has heard them before. */
  join(name: string, events: readonly EventAddress[]): Group {
    const group = this.groups.get(name) ?? new Group()
    this.groups.set(name, group)
    for (const hears of events) if (!isFor(hears, group.addresses)) this.write({ group: name, hears })
    return group
  }

  #apply(line: Line): void {
    if ('hears' in line) this.join(line.group, []).addresses.push(line.hears)
    else if ('settles' in line) this.groups.get(line.group)?.unsettled.delete(line.settles)
    else for (const group of this.groups.values()) group.offer(line.nativeId, line.event)
  }
}

/** Whether the event has one of these addresses. */
export function isFor(event: EventAddress, addresses: readonly EventAddress[]): boolean {
  return addresses.some((each) => each.apiName === event.apiName && each.eventName === event.eventName)
}

/** Half a line, which a crash or a full disk has left, says nothing: nobody was told that it was written. */
function parse(line: string): readonly Line[] {
  try {
    return [JSON.parse(line) as Line]
  } catch {
    return []
  }
}

/** Lets troubles with the file be errors of the bus. */
function attempt<T>(address: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const { code, message: why } = error as NodeJS.ErrnoException
    const facts = { transport: 'files', address, why }
    // A full disk may get room; a missing permission does not come by waiting.
    throw code === 'ENOSPC' ? transportUnavailable(facts, error) : transportRefused(facts, error)
  }
}
