import type { Redis } from 'ioredis'
import {
  enterPageScript,
  enterScript,
  ringScript,
  takeReadyScript,
  turnsScript,
} from './key-order-scripts.ts'
import { runScript, type Script } from './run-script.ts'
import { slicesOf } from './slices.ts'
import { readTakenOver, type TakenOver } from './taken-over.ts'

interface Member {
  readonly group: string
  readonly consumer: string
}

/** The turns of the events of each key, for one consumer of a group in one stream. */
export class KeyTurns {
  readonly #commands: Redis
  readonly #keys: readonly string[]
  readonly #member: readonly string[]

  constructor(commands: Redis, keys: readonly string[], { group, consumer }: Member) {
    this.#commands = commands
    this.#keys = keys
    this.#member = [group, consumer]
  }

  /** Of keyed entries that were just read, those that may be handed out; the others are behind one of their key. */
  async enter(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const mine: string[] = []
    for (const some of slicesOf(ids)) {
      let reply: unknown
      // Nothing as long as others have to enter first.
      do reply = await this.#run(enterScript, some)
      while (reply === null)
      mine.push(...(reply as string[]))
    }
    return new Set(mine)
  }

  /** Lets a page of what was read enter, so that later ones need not wait for it. Tells whether that was the last. */
  async enterPage(): Promise<boolean> {
    return (await this.#run(enterPageScript, [])) === 1
  }

  /** Takes entries whose turn within their key has come. */
  async takeReady(count: number): Promise<TakenOver> {
    return readTakenOver(await this.#run(takeReadyScript, [count]))
  }

  /** Lets some keys wait no more for what is pending no more, from where it has ended last. Tells where, and whether something is ready to be taken. */
  async mend(
    from: string,
  ): Promise<{ readonly last: string; readonly isAtEnd: boolean; readonly isReady: boolean }> {
    const [last, isAtEnd, isReady] = (await this.#run(turnsScript, [from])) as [string, number, number]
    return { last, isAtEnd: isAtEnd === 1, isReady: isReady === 1 }
  }

  /** Tells all members if something is ready to be taken. */
  async ring(): Promise<void> {
    await this.#run(ringScript, [])
  }

  #run(script: Script, values: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.#commands, script, this.#keys, [...this.#member, ...values])
  }
}
