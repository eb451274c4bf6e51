import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { RateLimit } from '../src/worker/rate-limit.ts'

/** Begins as many as may begin now; returns how many. */
function beginAll(limit: RateLimit): number {
  let begun = 0
  while (limit.waitMs === 0) {
    limit.count()
    begun += 1
  }
  return begun
}

describe('the rate limit of a listener', () => {
  it('lets as many begin in any span as it says, wherever the span starts', () => {
    const clock = new VirtualClock()
    const limit = new RateLimit(clock, { events: 3, perMs: 1_000 })
    expect(beginAll(limit)).to.equal(3)
    expect(limit.waitMs).to.equal(1_000)
    clock.advance(999)
    expect(limit.waitMs).to.equal(1)
    clock.advance(1)
    limit.count()
    clock.advance(600)
    expect(beginAll(limit)).to.equal(2)
    expect(limit.waitMs).to.equal(400)
  })

  it('saves nothing up while nothing comes', () => {
    const clock = new VirtualClock()
    const limit = new RateLimit(clock, { events: 2, perMs: 1_000 })
    clock.advance(60_000)
    expect(beginAll(limit)).to.equal(2)
  })

  it('counts what has begun already when it becomes narrower, and wider', () => {
    const clock = new VirtualClock()
    const limit = new RateLimit(clock, { events: 3, perMs: 1_000 })
    beginAll(limit)
    clock.advance(500)
    limit.change({ events: 1, perMs: 1_000 })
    expect(limit.waitMs).to.equal(500)
    limit.change({ events: 4, perMs: 1_000 })
    expect(beginAll(limit)).to.equal(3)
    clock.advance(499)
    expect(limit.waitMs).to.equal(1)
  })

  it('is not held up by a clock that was set back', () => {
    let now = 1_000_000
    const limit = new RateLimit({ now: () => now, after: () => () => undefined }, { events: 1, perMs: 10 })
    limit.count()
    now -= 3_600_000
    expect(limit.waitMs).to.equal(0)
  })
})
