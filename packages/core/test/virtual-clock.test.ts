import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'

describe('the virtual clock', () => {
  it('stands still until it is told to go on', () => {
    const clock = new VirtualClock(1_000)
    expect(clock.now()).to.equal(1_000)
    clock.advance(5)
    expect(clock.now()).to.equal(1_005)
  })

  it('runs what comes due, in the order of time, then of setting, each at its own moment', () => {
    const clock = new VirtualClock(0)
    const ran: unknown[] = []
    for (const [name, ms] of [
      ['b', 2],
      ['c', 2],
      ['a', 1],
      ['later', 9],
    ] as const)
      clock.after(ms, () => ran.push([name, clock.now()]))
    clock.advance(5)
    expect(ran).to.deep.equal([
      ['a', 1],
      ['b', 2],
      ['c', 2],
    ])
    expect([clock.now(), clock.timers]).to.deep.equal([5, 1])
  })

  it('runs on the way what is set on the way, if it comes due', () => {
    const clock = new VirtualClock(0)
    const ran: number[] = []
    const again = (): void => {
      ran.push(clock.now())
      clock.after(2, again)
    }
    clock.after(2, again)
    clock.advance(7)
    expect(ran).to.deep.equal([2, 4, 6])
  })

  it('does not run what was cancelled', () => {
    const clock = new VirtualClock(0)
    const cancel = clock.after(1, () => expect.fail('it was cancelled'))
    cancel()
    cancel()
    clock.advance(2)
    expect(clock.timers).to.equal(0)
  })

  it('tells when the next timer is due', () => {
    const clock = new VirtualClock(1_000)
    expect(clock.nextAt).to.equal(undefined)
    clock.after(60_000, () => undefined)
    const cancel = clock.after(1, () => undefined)
    expect(clock.nextAt).to.equal(1_001)
    cancel()
    expect(clock.nextAt).to.equal(61_000)
  })

  it('goes to the next timer, and says whether there was one', () => {
    const clock = new VirtualClock(0)
    let ran = 0
    clock.after(-1, () => ran++)
    clock.after(60_000, () => ran++)
    expect([clock.advanceToNext(), clock.now()]).to.deep.equal([true, 0])
    expect([clock.advanceToNext(), clock.now()]).to.deep.equal([true, 60_000])
    expect([clock.advanceToNext(), ran]).to.deep.equal([false, 2])
  })
})
