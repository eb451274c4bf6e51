/** How many messages travel together at most: whoever gets them begins with the first ones while the next are still being made. */
export const mostTogether = 64

/** How many bytes one act is about at most: nobody else is to wait long for it. */
const mostBytes = 64 * 1_024

interface Waiting<Item, Outcome> {
  readonly item: Item
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * What is asked for in one turn of the event loop, done by one command: a command costs about the same for one message as for many. Nothing
 * waits longer than until all that can go on has gone on.
 */
export class Gathered<Item, Outcome> {
  readonly #most: number
  readonly #act: (items: readonly Item[], isFull: boolean) => Promise<readonly Outcome[]>
  #waiting: Waiting<Item, Outcome>[] = []
  #bytes = 0

  /**
   * So many items at most are done at once: fewer where somebody can begin with the first while the last are still being made. The outcomes are
   * in the order of the items; a rejection is one for all of them.
   */
  constructor(most: number, act: (items: readonly Item[], isFull: boolean) => Promise<readonly Outcome[]>) {
    this.#most = most
    this.#act = act
  }

  add(item: Item, bytes = 0): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      // A tick follows upon all promises that can be settled now, whoever has asked.
      if (this.#waiting.length === 0) process.nextTick(() => this.#flush(false))
      this.#waiting.push({ item, resolve, reject })
      this.#bytes += bytes
      if (this.#waiting.length === this.#most || this.#bytes >= mostBytes) this.#flush(true)
    })
  }

  #flush(isFull: boolean): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    if (waiting.length > 0) void this.#do(waiting, isFull)
  }

  async #do(some: readonly Waiting<Item, Outcome>[], isFull: boolean): Promise<void> {
    try {
      const outcomes = await this.#act(
        some.map(({ item }) => item),
        isFull,
      )
      for (const [index, { resolve }] of some.entries()) resolve(outcomes[index] as Outcome)
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
  }
}

/** What is gathered by a name, such as that of a list: forgotten when it has been done. */
export class GatheredBy<Item, Outcome> {
  readonly #most: number
  readonly #act: Act<Item, Outcome>
  readonly #byName = new Map<string, Gathered<Item, Outcome>>()

  constructor(most: number, act: Act<Item, Outcome>) {
    this.#most = most
    this.#act = act
  }

  add(name: string, item: Item, bytes = 0): Promise<Outcome> {
    let gathered = this.#byName.get(name)
    if (!gathered) {
      gathered = new Gathered(this.#most, (items, isFull) => {
        // There may be as many names as there are callers.
        this.#byName.delete(name)
        return this.#act(name, items, isFull)
      })
      this.#byName.set(name, gathered)
    }
    return gathered.add(item, bytes)
  }
}

/** Does it for a name; where as much is gathered as may be, the other side can begin. */
type Act<Item, Outcome> = (
  name: string,
  items: readonly Item[],
  isFull: boolean,
) => Promise<readonly Outcome[]>
