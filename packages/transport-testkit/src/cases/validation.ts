import type { Api, Bus, WrittenConfig } from '@lightbus/core'
import { createEventMessage, isBusError } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { outcomeOf, patient, serving } from './calling.ts'
import type { Cases } from './case.ts'
import { news } from './news.ts'
import { orders } from './samples.ts'

type Rules = NonNullable<NonNullable<WrittenConfig['apis']>[string]>

const checking: Rules = { validate: true }
const trusting: Rules = { validate: false }
const onlyOut: Rules = { validate: { outgoing: true, incoming: false } }
const onlyIn: Rules = { validate: { outgoing: false, incoming: true } }

/** C8: what is checked, and where. */
export const validationCases = {
  C8: async (stage) => {
    await eventsGoingOut(stage)
    await eventsComingIn(stage)
    await callsToWhoTrusts(stage)
    await callsToWhoChecks(stage)
    await eventsWithoutSchema(stage)
  },
} satisfies Cases

function busWith(stage: Stage, apis: readonly Api[], rules: Rules, service = 'shop'): Bus {
  // All is named by text here.
  return stage.bus(apis, { service, config: { apis: { default: rules } } }) as unknown as Bus
}

function newsroom(stage: Stage, rules: Rules): Bus {
  const bus = busWith(stage, [news], rules)
  bus.serve(news)
  return bus
}

async function eventsGoingOut(stage: Stage): Promise<void> {
  const outcomes: unknown[] = []
  for (const rules of [checking, onlyOut, onlyIn, trusting]) {
    const firing = newsroom(stage, rules).fire('shop.news.broke', { id: 7 })
    outcomes.push(await outcomeOf(firing.then(() => 'sent')))
  }
  const invalid = 'BUS_EVENT_INVALID'
  expect(outcomes, 'invalid events going out').to.deep.equal([invalid, invalid, 'sent', 'sent'])
}

async function eventsComingIn(stage: Stage): Promise<void> {
  const heard = await Promise.all(
    [checking, onlyOut, onlyIn, trusting].map((rules, index) =>
      hearing(busWith(stage, [news], rules, `listening-${index}`), 'shop.news.broke'),
    ),
  )
  const sender = newsroom(stage, trusting)
  await sender.fire('shop.news.broke', { id: 7 })
  await sender.fire('shop.news.broke', { id: 'sentinel' })
  await stage.until(() => heard.every((ids) => ids.includes('sentinel')))
  const [checked, all] = [['sentinel'], [7, 'sentinel']]
  expect(heard, 'invalid events coming in').to.deep.equal([checked, all, checked, all])
  expect(hasLogged(stage, 'BUS_EVENT_INVALID'), 'whether the log tells of them').to.equal(true)
}

/** The ids of what a bus hears of an event, once it has started. */
async function hearing(bus: Bus, path: string): Promise<readonly unknown[]> {
  const heard: unknown[] = []
  const handler = ({ id }: { readonly id?: unknown }): void => void heard.push(id)
  bus.listen([path], handler, { listenerName: 'mail', onError: 'acknowledge_and_log' })
  await bus.start()
  return heard
}

const invalidCall = 'BUS_RPC_INVALID_PARAMETERS'
const invalidResult = 'BUS_RPC_INVALID_RESULT'

/** Calls with parameters that are invalid, and a valid one whose result is. */
async function outcomesOf(caller: Bus): Promise<readonly unknown[]> {
  return [
    await outcomeOf(caller.call('shop.orders.buy', { sku: 7 }, patient)),
    await outcomeOf(caller.call('shop.orders.look', {}, patient)),
  ]
}

/** A server that counts its sales, and sees a number where a text was promised. */
async function shopWith(stage: Stage, rules: Rules) {
  const sold: string[] = []
  const handlers = { buy: () => `${sold.push('one')} sold`, look: () => 7 }
  const bus = await serving(stage, orders, handlers, { config: { apis: { default: rules } } })
  return { bus, sold }
}

async function callsToWhoTrusts(stage: Stage): Promise<void> {
  const { bus, sold } = await shopWith(stage, trusting)
  const checked = [invalidCall, invalidResult]
  expect(await outcomesOf(busWith(stage, [orders], checking))).to.deep.equal(checked)
  // Who has no definition goes by what is published.
  expect(await outcomesOf(busWith(stage, [], checking)), 'without a definition').to.deep.equal(checked)
  expect(await outcomesOf(busWith(stage, [orders], onlyOut))).to.deep.equal([invalidCall, 7])
  expect(sold, 'what was executed of calls that were checked').to.deep.equal([])
  expect(await outcomesOf(busWith(stage, [orders], onlyIn))).to.deep.equal(['1 sold', invalidResult])
  expect(await outcomesOf(busWith(stage, [orders], trusting))).to.deep.equal(['2 sold', 7])
  await bus.stop()
}

async function callsToWhoChecks(stage: Stage): Promise<void> {
  const expected = [
    { rules: checking, outcomes: [invalidCall, invalidResult] },
    { rules: onlyIn, outcomes: [invalidCall, 7] },
    { rules: onlyOut, outcomes: ['1 sold', invalidResult] },
  ]
  for (const { rules, outcomes } of expected) {
    const { bus } = await shopWith(stage, rules)
    expect(await outcomesOf(busWith(stage, [orders], trusting))).to.deep.equal(outcomes)
    await bus.stop()
  }
}

async function eventsWithoutSchema(stage: Stage): Promise<void> {
  const lenient = busWith(stage, [], { strict_validation: false }, 'lenient')
  const strict = busWith(stage, [], { strict_validation: true }, 'strict')
  const path = 'shop.unknown.happened'
  const [heard, heardByStrict] = [await hearing(lenient, path), await hearing(strict, path)]
  const sender = await stage.event()
  const address = { apiName: 'shop.unknown', eventName: 'happened' }
  await sender.send(createEventMessage({ ...address, parameters: { id: 'unchecked' } }))
  await stage.until(() => heard.length > 0 && hasLogged(stage, 'BUS_SCHEMA_MISSING'))
  expect(heard, 'without a schema, where that is allowed').to.deep.equal(['unchecked'])
  expect(heardByStrict, 'without a schema, where one is needed').to.deep.equal([])
}

function hasLogged(stage: Stage, code: string): boolean {
  return stage.log.lines.some(({ facts }) => isBusError(facts['err'], code))
}
