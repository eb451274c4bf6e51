import type { Redis } from 'ioredis'
import type { Doorbells } from './doorbell.ts'
import { nextId } from './stream-ids.ts'
import { newestId } from './stream-pages.ts'
import type { Entry } from './stream-replies.ts'

const pageSize = 100

/** Which group of a service is rung for. */
interface Rung {
  readonly stream: string
  readonly group: string
}

/**
 * Rings for a group when something is there for it that is not in the stream that it hears: the next event of a key, or one that was
 * redriven. The groups of a service share a bell, so that listeners wait for no more streams than there are events in.
 */
export class GroupBells {
  readonly #commands: Redis
  readonly #doorbells: Doorbells
  readonly #bells = new Map<string, Promise<GroupBell>>()

  constructor(commands: Redis, doorbells: Doorbells) {
    this.#commands = commands
    this.#doorbells = doorbells
  }

  /** Rings from now on for the group. Returns how to stop it. */
  async add(stream: string, rung: Rung, ring: () => void): Promise<() => void> {
    const opening = this.#bells.get(stream) ?? GroupBell.open(stream, this.#commands, this.#doorbells)
    this.#bells.set(stream, opening)
    const forget = (): void => {
      if (this.#bells.get(stream) === opening) this.#bells.delete(stream)
    }
    try {
      const bell = await opening
      return bell.add(nameOf(rung.stream, rung.group), ring, forget)
    } catch (error) {
      forget()
      throw error
    }
  }
}

/** A stream whose entries name groups. */
class GroupBell {
  readonly #stream: string
  readonly #commands: Redis
  readonly #doorbells: Doorbells
  readonly #ringers = new Map<string, Set<() => void>>()
  readonly #heard = (): void => void this.#read()
  #stop: () => void = () => undefined
  #lastId = '0-0'
  #isDue = false
  #isReading = false

  private constructor(stream: string, commands: Redis, doorbells: Doorbells) {
    this.#stream = stream
    this.#commands = commands
    this.#doorbells = doorbells
  }

  static async open(stream: string, commands: Redis, doorbells: Doorbells): Promise<GroupBell> {
    const bell = new GroupBell(stream, commands, doorbells)
    bell.#lastId = (await newestId(commands, stream)) ?? '0-0'
    bell.#stop = await doorbells.add(stream, bell.#heard)
    return bell
  }

  /** Returns how to stop it; `onLast` is called when nobody is left to ring for. */
  add(name: string, ring: () => void, onLast: () => void): () => void {
    const ringers = this.#ringers.get(name) ?? new Set()
    this.#ringers.set(name, ringers.add(ring))
    return () => {
      ringers.delete(ring)
      if (ringers.size === 0) this.#ringers.delete(name)
      if (this.#ringers.size > 0) return
      this.#stop()
      onLast()
    }
  }

  async #read(): Promise<void> {
    this.#isDue = true
    if (this.#isReading) return
    this.#isReading = true
    while (this.#isDue) {
      this.#isDue = false
      // Who is meant cannot be told then; whoever looks in vain loses little.
      await this.#readPage().catch(() => this.#ring([...this.#ringers.keys()]))
    }
    this.#isReading = false
  }

  async #readPage(): Promise<void> {
    const from = nextId(this.#lastId)
    const page = (await this.#commands.xrange(this.#stream, from, '+', 'COUNT', pageSize)) as Entry[]
    const last = page.at(-1)
    if (!last) return
    this.#lastId = last[0]
    this.#isDue ||= page.length === pageSize
    this.#doorbells.seen(this.#stream, last[0], this.#heard)
    this.#ring(page.map(([, fields]) => nameOf(fields?.[0], fields?.[1])))
  }

  #ring(names: readonly string[]): void {
    for (const name of new Set(names)) for (const ring of this.#ringers.get(name) ?? []) ring()
  }
}

function nameOf(stream = '', group = ''): string {
  return `${stream} ${group}`
}
