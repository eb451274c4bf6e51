import { VirtualClock } from '@lightbus/core/testing'
import type { ClaimStore } from '@lightbus/core/transport'
import { expect } from 'chai'
import { claimTtlMs, holdClaim } from '../src/worker/held-claim.ts'

/** Claims with a time to live, by the clock of the test. */
function stage() {
  const clock = new VirtualClock()
  const kept = new Map<string, { readonly owner: string; readonly until: number }>()
  const alive = (key: string) => {
    const found = kept.get(key)
    return found && found.until > clock.now() ? found.owner : undefined
  }
  let isAway = false
  const claims: ClaimStore = {
    async claim(key, owner, { ttlMs }) {
      if (isAway) throw new Error('away')
      if ((alive(key) ?? owner) !== owner) return false
      kept.set(key, { owner, until: clock.now() + ttlMs })
      return true
    },
    owner: async (key) => alive(key),
    async release(key, owner) {
      if (alive(key) === owner) kept.delete(key)
    },
  }
  const troubles: unknown[] = []
  const parts = { claims, clock, trouble: (error: unknown) => void troubles.push(error) }
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= claimTtlMs / 6) {
      clock.advance(Math.min(left, claimTtlMs / 6))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { parts, kept, alive, troubles, pass, clock, away: (value: boolean) => void (isAway = value) }
}

describe('a held claim', () => {
  it('is kept for as long as it takes, and is nobody else’s meanwhile', async () => {
    const { parts, alive, pass, clock } = stage()
    const claim = await holdClaim(parts, 'job', 'a')
    await pass(claimTtlMs * 10)
    expect([alive('job'), claim?.lost.aborted]).to.deep.equal(['a', false])
    expect(await holdClaim(parts, 'job', 'b')).to.equal(undefined)
    await claim?.release()
    expect([alive('job'), clock.timers]).to.deep.equal([undefined, 0])
  })

  it('ends with a process that dies', async () => {
    const { parts, alive, clock } = stage()
    await parts.claims.claim('job', 'dead', { ttlMs: claimTtlMs })
    clock.advance(claimTtlMs)
    expect(alive('job')).to.equal(undefined)
  })

  it('says when it has come to be another’s, and bears a broker that is away for a moment', async () => {
    const { parts, kept, troubles, pass, away, clock } = stage()
    const claim = await holdClaim(parts, 'job', 'a')
    away(true)
    await pass(claimTtlMs / 2)
    expect([troubles.length, claim?.lost.aborted]).to.deep.equal([1, false])
    away(false)
    kept.set('job', { owner: 'b', until: clock.now() + claimTtlMs })
    await pass(claimTtlMs / 2)
    expect(claim?.lost.aborted).to.equal(true)
    await claim?.release()
    expect(kept.get('job')?.owner).to.equal('b')
  })
})
