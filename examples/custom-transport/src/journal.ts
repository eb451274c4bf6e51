import { EventEmitter } from 'node:events'
import { join, resolve } from 'node:path'
import type { EventMessage } from '@lightbus/core/transport'
import { Group, type StoredEvent } from './group.ts'
import { appendLine, readLines } from './lines.ts'

/** The events of a directory, a file for each API and a line for each event, and the groups that hear them. */
export class Journal {
  readonly directory: string
  readonly groups = new Map<string, Group>()
  /** Tells of every `change`, so that nobody has to look again and again. */
  readonly changes = new EventEmitter().setMaxListeners(0)
  holders = 0
  readonly #events = new Map<string, StoredEvent[]>()

  constructor(directory: string) {
    this.directory = directory
  }

  /** All events of an API, in the order of their sending. */
  events(apiName: string): StoredEvent[] {
    const events = this.#events.get(apiName) ?? readLines(this.pathOf(apiName, 'jsonl')).map(read(apiName))
    this.#events.set(apiName, events)
    return events
  }

  append(event: EventMessage, sentAtMs: number): void {
    // Read before it is written to.
    this.events(event.apiName)
    appendLine(this.pathOf(event.apiName, 'jsonl'), { sentAtMs, event })
    this.add(event.apiName, structuredClone({ sentAtMs, event }))
  }

  /** Hands a line that the file has got to all groups. */
  add(apiName: string, line: unknown): void {
    const events = this.events(apiName)
    const stored = read(apiName)(line, events.length)
    events.push(stored)
    for (const group of this.groups.values()) group.offer(stored)
    this.changes.emit('change')
  }

  group(name: string): Group {
    const group = this.groups.get(name) ?? new Group(this.pathOf(name, 'group'), (api) => this.events(api))
    this.groups.set(name, group)
    return group
  }

  /** The file for a name that may hold anything. */
  pathOf(name: string, ending: string): string {
    return join(this.directory, `${encodeURIComponent(name).replaceAll('*', '%2A')}.${ending}`)
  }
}

/** The journals that are open in this process; transports of the same directory share one. */
export const journals = new Map<string, Journal>()

export function openJournal(directory: string): Journal {
  const journal = journals.get(resolve(directory)) ?? new Journal(resolve(directory))
  journals.set(journal.directory, journal)
  journal.holders++
  return journal
}

export function closeJournal(journal: Journal): void {
  if (--journal.holders === 0) journals.delete(journal.directory)
}

function read(apiName: string) {
  return (line: unknown, index: number): StoredEvent => {
    const { sentAtMs = 0, event } = (line ?? {}) as Partial<StoredEvent>
    const { id, eventName, parameters, headers } = event ?? {}
    const isText = typeof id === 'string' && typeof eventName === 'string'
    const isWhole = isText && parameters instanceof Object && headers instanceof Object
    const nativeId = `${apiName}:${index}`
    return { nativeId, apiName, index, sentAtMs, event: isWhole ? event : undefined }
  }
}
