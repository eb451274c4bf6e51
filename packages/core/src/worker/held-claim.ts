import type { ClaimStore } from '../contracts/stores.ts'
import type { Clock } from '../util/clock.ts'

export interface HeldClaimParts {
  readonly claims: ClaimStore
  readonly clock: Clock
  /** Told when the claim could not be kept for longer. */
  readonly trouble: (error: unknown) => void
}

/** A claim that is ours for as long as this process lives, or until we give it up. */
export interface HeldClaim {
  /** Aborts when the claim has come to be another's. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** How long a claim outlives a process that dies, in milliseconds. */
export const claimTtlMs = 30_000

/** Takes a claim and keeps it, by claiming it again every third of its time. Undefined when it is another's. */
export async function holdClaim(
  { claims, clock, trouble }: HeldClaimParts,
  key: string,
  owner: string,
): Promise<HeldClaim | undefined> {
  const claim = () => claims.claim(key, owner, { ttlMs: claimTtlMs })
  if (!(await claim())) return undefined
  const lost = new AbortController()
  let cancel: () => void
  const keep = (): void => {
    cancel = clock.after(claimTtlMs / 3, () => {
      keep()
      claim().then((isOurs) => isOurs || lost.abort(), trouble)
    })
  }
  keep()
  return {
    lost: lost.signal,
    async release() {
      cancel()
      await claims.release(key, owner)
    },
  }
}
