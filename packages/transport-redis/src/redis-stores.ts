import type { ClaimStore, PayloadStore } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import type { KeyNames } from './key-names.ts'
import { runScript } from './run-script.ts'
import { claimScript, releaseClaimScript } from './store-scripts.ts'

interface StoreParts {
  /** Throws when the transport is closed. */
  readonly commands: () => Redis
  readonly keys: KeyNames
  readonly attempt: <T>(act: () => Promise<T>) => Promise<T>
}

interface Kept {
  readonly ttlMs: number
}

/** Claims: a key of Redis for each, which expires and says whose it is. */
export class RedisClaims implements ClaimStore {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async claim(key: string, owner: string, { ttlMs }: Kept): Promise<boolean> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    const values = [owner, wholeMs(ttlMs)]
    return (await attempt(() => runScript(client, claimScript, [keys.claim(key)], values))) === 1
  }

  async owner(key: string): Promise<string | undefined> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    return (await attempt(() => client.get(keys.claim(key)))) ?? undefined
  }

  async release(key: string, owner: string): Promise<void> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    await attempt(() => runScript(client, releaseClaimScript, [keys.claim(key)], [owner]))
  }
}

/** Large texts: a key of Redis for each, which expires. */
export class RedisPayloads implements PayloadStore {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async put(key: string, payload: string, { ttlMs }: Kept): Promise<void> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    await attempt(() => client.set(keys.payload(key), payload, 'PX', wholeMs(ttlMs)))
  }

  async get(key: string): Promise<string | undefined> {
    const { commands, keys, attempt } = this.#parts
    const client = commands()
    return (await attempt(() => client.get(keys.payload(key)))) ?? undefined
  }
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}
