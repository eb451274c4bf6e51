import { redriveDeadLetters, type DeadLetter } from '@lightbus/core/transport'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'

const listener = { listenerName: 'l', events: [] }
const letter = (id: string, code = 'THROWN'): DeadLetter => ({
  id,
  group: 'service-l',
  nativeId: id,
  event: undefined,
  raw: '',
  reason: { code, message: '', attempts: 5 },
  deadAt: new Date(0),
})

/** A store that redrives all but those that are gone, to a listener at which they fail again at once. */
function storeOf(letters: readonly DeadLetter[], gone: readonly string[] = []) {
  const kept = [...letters]
  const redriven: string[] = []
  return {
    redriven,
    async *list() {
      yield* kept.slice()
    },
    async redrive({ id }: DeadLetter) {
      if (gone.includes(id)) return false
      redriven.push(id)
      kept.push(letter(id))
      return true
    },
    discard: async () => false,
  }
}

describe('redriving dead letters', () => {
  const clock = new VirtualClock()

  it('gives all back, the oldest first, and each once in a run', async () => {
    const store = storeOf([letter('a'), letter('b')])
    expect(await redriveDeadLetters({ store, clock }, listener)).to.equal(2)
    expect(store.redriven).to.deep.equal(['a', 'b'])
  })

  it('has one in hand at a time', async () => {
    const store = storeOf([letter('a'), letter('b'), letter('c')])
    const asked: number[] = []
    const lazy = {
      ...store,
      async *list() {
        for (const id of ['a', 'b', 'c']) {
          asked.push(store.redriven.length)
          yield letter(id)
        }
      },
    }
    await redriveDeadLetters({ store: lazy, clock }, listener)
    expect(asked).to.deep.equal([0, 1, 2])
  })

  it('gives back those that are chosen', async () => {
    const store = storeOf([letter('a'), letter('b', 'BUS_EVENT_INVALID')])
    const where = ({ reason }: DeadLetter) => reason.code === 'THROWN'
    expect(await redriveDeadLetters({ store, clock }, listener, { where })).to.equal(1)
    expect(store.redriven).to.deep.equal(['a'])
  })

  it('only counts in a dry run', async () => {
    const store = storeOf([letter('a'), letter('b')])
    expect(await redriveDeadLetters({ store, clock }, listener, { dryRun: true })).to.equal(2)
    expect(store.redriven).to.deep.equal([])
  })

  it('does not count what is there no more', async () => {
    const store = storeOf([letter('a'), letter('b')], ['a'])
    expect(await redriveDeadLetters({ store, clock }, listener)).to.equal(1)
  })

  it('gives back no more a second than it may', async () => {
    const times: number[] = []
    const store = storeOf([letter('a'), letter('b'), letter('c')])
    const timed = {
      ...store,
      redrive: (each: DeadLetter) => {
        times.push(clock.now())
        return store.redrive(each)
      },
    }
    const began = clock.now()
    let isDone = false
    const running = redriveDeadLetters({ store: timed, clock }, listener, { perSecond: 4 }).finally(
      () => (isDone = true),
    )
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advanceToNext()
    }
    expect(await running).to.equal(3)
    expect(times.map((time) => time - began)).to.deep.equal([0, 250, 500])
  })
})
