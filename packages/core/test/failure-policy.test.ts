import { expect } from 'chai'
import { deadLetterReason, judge } from '../src/worker/failure-policy.ts'
import { failurePolicy, listenerSettings } from '../src/worker/listener-settings.ts'
import { eventInvalid } from '../src/errors/catalogue.ts'
import type { RetryOptions } from '../src/config/listener-config.ts'

class RateLimited extends Error {}
class TooManyOrders extends RateLimited {}

const policy = (retry: RetryOptions = {}) => failurePolicy({ onError: 'retry', jitter: false, ...retry })
const pauses = (retry: RetryOptions, attempts: readonly number[]) =>
  attempts.map((attempt) => {
    const verdict = judge(new Error('no'), attempt, policy({ attempts: 100, ...retry }))
    return verdict.type === 'again' ? verdict.delayMs : verdict.type
  })

describe('a failure policy', () => {
  it('tries again after pauses that grow to a ceiling, and gives up after the last attempt', () => {
    expect(pauses({ delay: '1s', maxDelay: '5s' }, [1, 2, 3, 4, 99])).to.deep.equal([
      1_000, 2_000, 4_000, 5_000, 5_000,
    ])
    expect(pauses({ attempts: 3 }, [2, 3])).to.deep.equal([500, 'dead-letter'])
  })

  it('tries again after pauses that stay the same', () => {
    expect(pauses({ delay: '1s', backoff: 'fixed' }, [1, 2, 50])).to.deep.equal([1_000, 1_000, 1_000])
  })

  it('shortens pauses at random by up to a half, unless told not to', () => {
    const seen = new Set<number>()
    for (let round = 0; round < 100; round += 1) {
      for (const pause of pauses({ delay: '1s', backoff: 'fixed', jitter: true }, [7])) {
        expect(pause).to.be.within(500, 1_000)
        seen.add(Number(pause))
      }
    }
    expect(seen.size).to.be.greaterThan(10)
  })

  it('gives up at once after errors that are final, by code, by name or by class', () => {
    const coded = Object.assign(new Error('no'), { code: 'ORDER_UNKNOWN' })
    for (const final of ['ORDER_UNKNOWN', Error])
      expect(judge(coded, 1, policy({ final: [final] })).type).to.equal('dead-letter')
    for (const final of ['RateLimited', 'TooManyOrders', RateLimited])
      expect(judge(new TooManyOrders(), 1, policy({ final: [final] })).type).to.equal('dead-letter')
    expect(judge(new RateLimited(), 1, policy({ final: ['TooManyOrders', TooManyOrders] })).type).to.equal(
      'again',
    )
    expect(judge('a text', 1, policy({ final: ['Error'] })).type).to.equal('again')
  })

  it('gives up at once what can never be handled', () => {
    const invalid = eventInvalid({ event: 'shop.opened', direction: 'incoming', problems: [] })
    expect(judge(invalid, 1, policy())).to.have.nested.property('reason.code', 'BUS_EVENT_INVALID')
  })

  it('has rules for some errors, of which the first that matches counts', () => {
    const rules = [
      { match: ['TooManyOrders'], attempts: 50, delay: '1m', maxDelay: '1h', backoff: 'fixed' },
      { match: [RateLimited, 'NO_ACCESS'], onError: 'acknowledge_and_log' },
      { match: ['Error'], onError: 'shutdown' },
    ] as const
    const verdict = (error: unknown) => judge(error, 7, policy({ rules }))
    expect(verdict(new TooManyOrders())).to.deep.equal({ type: 'again', delayMs: 60_000 })
    expect(verdict(new RateLimited())).to.deep.equal({ type: 'acknowledge' })
    expect(verdict(Object.assign(new Error(), { code: 'NO_ACCESS' }))).to.deep.equal({ type: 'acknowledge' })
    expect(verdict(new TypeError())).to.deep.equal({ type: 'shutdown' })
    expect(verdict(7).type).to.equal('dead-letter')
  })

  it('keeps with a dead letter why, how often and where, in bounds', () => {
    const error = new RateLimited('slow down')
    error.stack = 'x'.repeat(100_000)
    const reason = deadLetterReason(error, 3)
    expect(reason).to.deep.include({ code: 'Error', message: 'slow down', attempts: 3 })
    expect(reason.stack).to.have.lengthOf(8_192)
    expect(deadLetterReason('a text', 1)).to.deep.equal({ code: 'THROWN', message: 'a text', attempts: 1 })
  })
})

describe('the settings of a listener', () => {
  const api = { onError: 'acknowledge_and_log', retry: { attempts: 9, delay: 3, final: ['A'] } } as const
  const settings = (inCode: object, inFile?: object) =>
    listenerSettings('l', inCode, { api: () => api, listener: () => inFile })

  it('are those of the API where nothing else is said', () => {
    const { policy: of, ...rest } = settings({})
    expect(of('shop')).to.deep.include({
      onError: 'acknowledge_and_log',
      attempts: 9,
      delayMs: 3_000,
      maxDelayMs: 30_000,
      backoff: 'exponential',
      jitter: true,
      final: ['A'],
    })
    expect(rest).to.deep.equal({
      concurrency: 1,
      prefetch: 1,
      rateLimit: undefined,
      killSwitch: undefined,
      inboxTtlMs: undefined,
      outbox: false,
    })
  })

  it('are stronger in the file than those of the API, and in code than in the file', () => {
    const inFile = {
      onError: 'retry',
      retry: { attempts: 2, final: [] },
      concurrency: 3,
      prefetch: 30,
      idempotent: '2h',
      killSwitch: { failureRate: 0.5, of: 10, pause: '1m' },
    }
    const both = settings({ retry: { attempts: 4 }, concurrency: 7, outbox: true }, inFile)
    expect(both.policy('shop')).to.deep.include({ onError: 'retry', attempts: 4, delayMs: 3_000, final: [] })
    expect(both).to.deep.include({ concurrency: 7, prefetch: 30, outbox: true, inboxTtlMs: 7_200_000 })
    expect(both.killSwitch).to.deep.include({ failureRate: 0.5, of: 10, pauseMs: 60_000 })
    expect(settings({ idempotent: true, rateLimit: { events: 5, per: 2 } })).to.deep.include({
      inboxTtlMs: 86_400_000,
      rateLimit: { events: 5, perMs: 2_000 },
    })
  })
})
