import type { OutcomeStore, PlainOutcome, PlainValue } from '@lightbus/core/transport'
import type { Connections } from './connections.ts'
import type { KeyNames } from './key-names.ts'
import {
  claimOutcomeScript,
  recordOutcomeScript,
  releaseOutcomeScript,
  runningMark,
} from './outcome-scripts.ts'
import type { ReplicaWait } from './replicas.ts'
import { runScript, type Script } from './run-script.ts'

interface StoreParts {
  /** Throws when the transport is closed. */
  readonly connections: () => Connections
  readonly keys: KeyNames
  /** What a claim waits for. */
  readonly waitReplicas: ReplicaWait | undefined
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
    const { waitReplicas } = this.#parts
    // Whoever executes has to be known as the first also after a failover.
    const known = await this.#run(claimOutcomeScript, [apiName, key], [wholeMs(ttlMs)], waitReplicas)
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
    wait?: ReplicaWait,
  ): Promise<unknown> {
    const { connections, keys, attempt } = this.#parts
    const { commands, replicas } = connections()
    const name = keys.rpcOutcome(apiName, key)
    return attempt(() => replicas.covered(name, wait, () => runScript(commands, script, [name], values)))
  }
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}
