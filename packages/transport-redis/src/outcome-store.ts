import type { OutcomeStore, PlainOutcome, PlainValue } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import type { KeyNames } from './key-names.ts'
import {
  claimOutcomeScript,
  recordOutcomeScript,
  releaseOutcomeScript,
  runningMark,
} from './outcome-scripts.ts'
import { runScript, type Script } from './run-script.ts'

interface StoreParts {
  /** Throws when the transport is closed. */
  readonly commands: () => Redis
  readonly keys: KeyNames
  readonly attempt: <T>(act: () => Promise<T>) => Promise<T>
}

interface Kept {
  readonly ttlMs: number
}

/** What became of calls with an idempotency key: one key of Redis for each, which expires. */
export class RedisOutcomeStore implements OutcomeStore {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async claim(apiName: string, key: string, { ttlMs }: Kept): Promise<'mine' | 'running' | PlainOutcome> {
    const known = await this.#run(claimOutcomeScript, [apiName, key], [wholeMs(ttlMs)])
    if (typeof known !== 'string') return 'mine'
    return known === runningMark ? 'running' : (JSON.parse(known) as PlainOutcome)
  }

  async record(apiName: string, key: string, value: PlainValue, { ttlMs }: Kept): Promise<void> {
    const text = JSON.stringify({ value } satisfies PlainOutcome)
    await this.#run(recordOutcomeScript, [apiName, key], [text, wholeMs(ttlMs)])
  }

  async release(apiName: string, key: string): Promise<void> {
    await this.#run(releaseOutcomeScript, [apiName, key], [])
  }

  #run(
    script: Script,
    [apiName, key]: readonly [string, string],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    return attempt(() => runScript(client, script, [keys.rpcOutcome(apiName, key)], values))
  }
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}
