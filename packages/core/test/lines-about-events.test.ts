import { expect } from 'chai'
import type { EventDelivery } from '../src/contracts/event-transport.ts'
import type { Log } from '../src/contracts/log.ts'
import { transportUnavailable } from '../src/errors/catalogue.ts'
import { createEventMessage } from '../src/messages/event-message.ts'
import { realClock } from '../src/util/clock.ts'
import type { HandleEventParts, Hearing } from '../src/worker/hearing.ts'
import { Inbox } from '../src/worker/inbox.ts'
import { settled } from '../src/worker/settle-event.ts'

const event = createEventMessage({ apiName: 'a', eventName: 'b', parameters: {}, id: 'e-1' })
const delivery: EventDelivery = { event, attempt: 2, nativeId: 'stream/1-0', receipt: {} }
const named = { event: 'a.b', id: 'e-1', listener: 'l', attempt: 2, nativeId: 'stream/1-0' }

function settling() {
  const lines: (readonly [object, string])[] = []
  const write = (facts: object, message: string) => void lines.push([facts, message])
  const log: Log = { debug: write, info: write, warn: write, error: write }
  // What is settled needs no more of them.
  const parts = { log, clock: realClock } as HandleEventParts
  const hearing = { listenerName: 'l', forced: AbortSignal.abort() } as Hearing
  return { lines, settle: (act: () => Promise<'settled' | 'lost'>) => settled(parts, hearing, delivery, act) }
}

describe('a line about an event', () => {
  it('names it when it was given to another process', async () => {
    const { lines, settle } = settling()
    await settle(async () => 'lost')
    expect(lines).to.deep.equal([[named, 'The event had been given to another process meanwhile']])
  })

  it('names it when it could not be settled', async () => {
    const { lines, settle } = settling()
    const err = transportUnavailable({ transport: 't', address: 'a', why: 'w' })
    await settle(() => Promise.reject(err))
    expect(lines).to.deep.equal([
      [{ err, ...named }, 'The event could not be settled; it will be delivered again'],
    ])
  })

  it('is told of the event whose claim could not be given up', async () => {
    const troubles: unknown[][] = []
    const inbox = new Inbox({
      claims: {
        claim: async () => true,
        owner: async () => undefined,
        release: () => Promise.reject(new Error('no connection')),
      },
      clock: realClock,
      group: 'g',
      ttlMs: 1_000,
      trouble: (error, about) => troubles.push([(error as Error).message, about]),
    })
    expect(await inbox.once(event, async () => undefined)).to.equal('handled')
    expect(troubles).to.deep.equal([['no connection', event]])
  })
})
