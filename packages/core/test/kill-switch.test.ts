import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { KillSwitch } from '../src/worker/kill-switch.ts'
import { keptLog } from './scripted-broker.ts'

function stage() {
  const clock = new VirtualClock()
  const { log, lines } = keptLog()
  /** How many events were allowed at a time, after each change. */
  const allowed: number[] = []
  const limit = { failureRate: 0.5, of: 4, pause: '', pauseMs: 60_000 }
  const changed = (): void => void allowed.push(killSwitch.concurrency)
  const killSwitch = new KillSwitch(limit, { clock, log, listenerName: 'l', changed })
  const note = (...outcomes: ('handled' | 'failed')[]) =>
    outcomes.forEach((outcome) => killSwitch.note(outcome))
  return { clock, lines, allowed, note, killSwitch }
}

describe('the kill switch of a listener', () => {
  it('lets events be handled while few of them fail', () => {
    const { note, allowed, killSwitch } = stage()
    note('failed', 'handled', 'handled', 'handled', 'failed', 'handled', 'handled', 'handled')
    expect([killSwitch.concurrency, allowed]).to.deep.equal([Infinity, []])
  })

  it('pauses when too many of the last ones failed, and says so', () => {
    const { note, allowed, lines } = stage()
    note('failed', 'failed', 'handled')
    expect(allowed).to.deep.equal([])
    note('handled')
    expect(allowed).to.deep.equal([0])
    expect(lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'Listener "l" pauses, since too many of its last 4 events failed'],
    ])
  })

  it('tries one event when the pause is over, and goes on when it was handled', () => {
    const { clock, note, allowed } = stage()
    note('failed', 'failed', 'failed', 'failed')
    clock.advance(59_999)
    expect(allowed).to.deep.equal([0])
    clock.advance(1)
    expect(allowed).to.deep.equal([0, 1])
    note('handled')
    expect(allowed).to.deep.equal([0, 1, Infinity])
    note('failed')
    expect(allowed, 'counted anew').to.deep.equal([0, 1, Infinity])
  })

  it('pauses again when the one event fails', () => {
    const { clock, note, allowed } = stage()
    note('failed', 'failed', 'failed', 'failed')
    clock.advance(60_000)
    note('failed')
    expect(allowed).to.deep.equal([0, 1, 0])
    clock.advance(60_000)
    expect(allowed).to.deep.equal([0, 1, 0, 1])
  })

  it('ends its pause when the listener stops', () => {
    const { clock, note, killSwitch } = stage()
    note('failed', 'failed', 'failed', 'failed')
    killSwitch.end()
    expect(clock.timers).to.equal(0)
  })
})
