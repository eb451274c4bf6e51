import type { OutcomeStore, PlainOutcome, PlainValue } from '@lightbus/core/transport'
import type { Link } from './link.ts'

/** What became of calls with an idempotency key, kept by the broker. */
export class MemoryOutcomeStore implements OutcomeStore {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  claim(
    apiName: string,
    key: string,
    options: { readonly ttlMs: number },
  ): Promise<'mine' | 'running' | PlainOutcome> {
    const name = nameOf(apiName, key)
    return this.#link.carry(({ outcomes }) => {
      const known = outcomes.get(name)
      if (known === undefined) outcomes.put(name, running, options.ttlMs)
      if (known === undefined) return 'mine'
      return known === running ? 'running' : (JSON.parse(known) as PlainOutcome)
    })
  }

  record(
    apiName: string,
    key: string,
    value: PlainValue,
    options: { readonly ttlMs: number },
  ): Promise<void> {
    const text = JSON.stringify({ value } satisfies PlainOutcome)
    return this.#link.carry(({ outcomes }) => outcomes.put(nameOf(apiName, key), text, options.ttlMs))
  }

  release(apiName: string, key: string): Promise<void> {
    const name = nameOf(apiName, key)
    return this.#link.carry(({ outcomes }) => {
      // An outcome stays: only a call that is still running can have failed.
      if (outcomes.get(name) === running) outcomes.delete(name)
    })
  }
}

const running = 'running'

function nameOf(apiName: string, key: string): string {
  return JSON.stringify([apiName, key])
}
