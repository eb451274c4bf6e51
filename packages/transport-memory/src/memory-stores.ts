import type { ClaimStore, PayloadStore } from '@lightbus/core/transport'
import type { Link } from './link.ts'

/** Claims, kept by the broker. */
export class MemoryClaims implements ClaimStore {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  claim(key: string, owner: string, { ttlMs }: { readonly ttlMs: number }): Promise<boolean> {
    return this.#link.carry(({ claims }) => {
      const known = claims.get(key)
      if (known !== undefined && known !== owner) return false
      claims.put(key, owner, ttlMs)
      return true
    })
  }

  owner(key: string): Promise<string | undefined> {
    return this.#link.carry(({ claims }) => claims.get(key))
  }

  release(key: string, owner: string): Promise<void> {
    return this.#link.carry(({ claims }) => {
      if (claims.get(key) === owner) claims.delete(key)
    })
  }
}

/** Large texts, kept by the broker. */
export class MemoryPayloads implements PayloadStore {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  put(key: string, payload: string, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    return this.#link.carry(({ payloads }) => payloads.put(key, payload, ttlMs))
  }

  get(key: string): Promise<string | undefined> {
    return this.#link.carry(({ payloads }) => payloads.get(key))
  }
}
