/** Claims that processes share: at most one owner has a claim at a time, until its time is over or it gives it up (E92). */
export interface ClaimStore {
  /** Takes the claim, or keeps it for longer when it is the owner's already. Whether it is the owner's now, for `ttlMs` from now. */
  claim(key: string, owner: string, options: { readonly ttlMs: number }): Promise<boolean>
  /** Whose it is, if anybody's. */
  owner(key: string): Promise<string | undefined>
  /** Gives the claim up, if it is the owner's. */
  release(key: string, owner: string): Promise<void>
}

/** Texts that are too large to travel, kept for those who are told their key (E93). A program may have one of its own. */
export interface PayloadStore {
  put(key: string, payload: string, options: { readonly ttlMs: number }): Promise<void>
  /** Undefined when it is not there, or its time is over. */
  get(key: string): Promise<string | undefined>
}
