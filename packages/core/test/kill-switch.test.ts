import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { KillSwitch } from '../src/worker/kill-switch.ts'
import { keptLog, rejection } from './scripted-broker.ts'

function stage() {
  const clock = new VirtualClock()
  const { log, lines } = keptLog()
  const pauses: boolean[] = []
  const limit = { failureRate: 0.5, of: 4, pause: '', pauseMs: 60_000 }
  const parts = { clock, log, listenerName: 'l', pause: (isPaused: boolean) => void pauses.push(isPaused) }
  const note = (...outcomes: ('handled' | 'failed')[]) =>
    outcomes.forEach((outcome) => killSwitch.note(outcome))
  const killSwitch = new KillSwitch(limit, parts)
  /** Whether an event may be pulled at this moment. */
  const isReady = async (): Promise<boolean> => {
    const stopping = new AbortController()
    const ready = killSwitch.ready(stopping.signal).then(
      () => true,
      () => false,
    )
    await Promise.resolve()
    stopping.abort()
    return ready
  }
  return { clock, lines, pauses, note, killSwitch, isReady }
}

describe('the kill switch of a listener', () => {
  it('lets events be pulled while few of them fail', async () => {
    const { note, isReady, pauses } = stage()
    note('failed', 'handled', 'handled', 'handled', 'failed', 'handled', 'handled', 'handled')
    expect([await isReady(), pauses]).to.deep.equal([true, []])
  })

  it('pauses when too many of the last ones failed, and says so', async () => {
    const { note, isReady, pauses, lines } = stage()
    note('failed', 'failed', 'handled')
    expect(await isReady()).to.equal(true)
    note('handled')
    expect([await isReady(), pauses]).to.deep.equal([false, [true]])
    expect(lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'Listener "l" pauses, since too many of its last 4 events failed'],
    ])
  })

  it('tries one event when the pause is over, and goes on when it was handled', async () => {
    const { clock, note, isReady, pauses } = stage()
    note('failed', 'failed', 'failed', 'failed')
    clock.advance(59_999)
    expect(await isReady()).to.equal(false)
    clock.advance(1)
    expect([await isReady(), await isReady(), pauses]).to.deep.equal([true, false, [true, false]])
    note('handled')
    expect([await isReady(), await isReady()]).to.deep.equal([true, true])
    note('failed')
    expect(await isReady(), 'counted anew').to.equal(true)
  })

  it('pauses again when the one event fails', async () => {
    const { clock, note, isReady } = stage()
    note('failed', 'failed', 'failed', 'failed')
    clock.advance(60_000)
    expect(await isReady()).to.equal(true)
    note('failed')
    expect(await isReady()).to.equal(false)
    clock.advance(60_000)
    expect(await isReady()).to.equal(true)
  })

  it('ends its waiting and its pause when the listener stops', async () => {
    const { clock, note, killSwitch } = stage()
    note('failed', 'failed', 'failed', 'failed')
    const stopping = new AbortController()
    const waiting = rejection(killSwitch.ready(stopping.signal))
    stopping.abort()
    expect(await waiting).to.have.property('name', 'AbortError')
    killSwitch.end()
    expect(clock.timers).to.equal(0)
  })
})
