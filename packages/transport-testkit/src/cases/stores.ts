import type { ClaimStore, EventTransport, PayloadStore } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Cases } from './case.ts'

const ttl = (ttlMs: number) => ({ ttlMs })

/** E92 and E93: what processes keep beside the events. */
export const storesCases = {
  E92: async (stage) => {
    const claims = await Promise.all([1, 2, 3].map(async () => claimsOf(await stage.event())))
    const [one, two] = claims as [ClaimStore, ClaimStore]
    for (let round = 0; round < stage.rounds(20); round += 1) {
      const taken = await Promise.all(
        claims.map((store, n) => store.claim(`race-${round}`, `p${n}`, ttl(60_000))),
      )
      expect(taken.filter(Boolean), 'how many had the claim').to.have.lengthOf(1)
    }

    expect(await one.owner('job'), 'whose it is before').to.equal(undefined)
    expect(await one.claim('job', 'a', ttl(60_000))).to.equal(true)
    expect(await two.claim('job', 'b', ttl(60_000)), 'while it is another’s').to.equal(false)
    expect(await two.owner('job')).to.equal('a')
    await two.release('job', 'b')
    expect(await two.owner('job'), 'given up by a stranger').to.equal('a')
    await one.release('job', 'a')
    expect(await two.claim('job', 'b', ttl(200)), 'after it was given up').to.equal(true)
    expect(await two.claim('job', 'b', ttl(1_000)), 'kept for longer').to.equal(true)
    await stage.pass(400)
    expect(await one.claim('job', 'a', ttl(1_000)), 'before its longer time is over').to.equal(false)
    await stage.pass(900)
    expect(await one.owner('job'), 'whose it is when its time is over').to.equal(undefined)
    expect(await one.claim('job', 'a', ttl(1_000)), 'when its time is over').to.equal(true)
  },

  E93: async (stage) => {
    const [one, two] = [payloadsOf(await stage.event()), payloadsOf(await stage.event())]
    const payload = JSON.stringify({ text: 'ü€😀\u0000', large: 'x'.repeat(200_000) })
    await one.put('short', payload, ttl(300))
    await one.put('long', payload, ttl(60_000))
    expect(await two.get('short')).to.equal(payload)
    expect(await two.get('never kept')).to.equal(undefined)
    await stage.pass(500)
    expect(await two.get('short'), 'when its time is over').to.equal(undefined)
    expect(await two.get('long')).to.equal(payload)
  },
} satisfies Cases

function claimsOf({ claims }: EventTransport): ClaimStore {
  if (!claims) throw new Error('It declares claims, and has none.')
  return claims
}

function payloadsOf({ payloads }: EventTransport): PayloadStore {
  if (!payloads) throw new Error('It declares payloads, and has none.')
  return payloads
}
