import { inspect } from 'node:util'
import { defineApi, event, procedure } from '@lightbus/core'
import { isBusError } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { aborted, serving } from './calling.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'

// Short, since some messages quote no more than the beginning of what they are about.
const secret = 'hunter2'
const word = { type: 'string', maxLength: 10 } as const

const vault = defineApi('shop.vault', { events: { opened: event({ id: { type: 'string' }, word }) } })
const keys = defineApi('shop.keys', {
  procedures: {
    turn: procedure({ id: word }, word),
    lose: procedure({ id: word }, word),
    hold: procedure({ id: word }, word),
    copy: procedure({ id: word }, word),
  },
})

/** L14: secrets. */
export const secretsCases = {
  L14: async (stage) => {
    const told: unknown[] = []
    await fireSecrets(stage, told)
    if (stage.module.rpc && stage.module.result) await callWithSecrets(stage, told)
    if (stage.harness.injectRaw) await readSecrets(stage, told)
    const lines = stage.log.lines.filter(({ level }) => level !== 'debug')
    expect(lines, 'the log, which should tell of the failures').not.to.deep.equal([])
    for (const each of [...lines, ...told])
      expect(inspect(each, { depth: 20, maxStringLength: null }), 'what is told').not.to.include(secret)
  },
} satisfies Cases

/** Fires and hears events with a secret: one that is fine, one whose handler fails, one too long to go out and one too long to come in. */
async function fireSecrets(stage: Stage, told: unknown[]): Promise<void> {
  const owner = stage.bus([vault])
  const careless = stage.bus([vault], { config: { apis: { default: { validate: false } } } })
  const heard: string[] = []
  for (const bus of [owner, careless]) bus.serve(vault)
  owner.listen(
    ['shop.vault.opened'],
    (parameters: { id: string; word: string }) => {
      expect(parameters.word).to.equal(secret)
      heard.push(parameters.id)
      if (parameters.id === 'fails') throw new Error('The door is stuck.')
    },
    { listenerName: 'guard', onError: 'acknowledge_and_log' },
  )
  told.push(await owner.start())
  const headers = { authorization: secret }
  await owner.fire('shop.vault.opened', { id: 'fine', word: secret }, { headers })
  await owner.fire('shop.vault.opened', { id: 'fails', word: secret }, { headers })
  const long = secret.repeat(2)
  told.push(await busErrorOf(owner.fire('shop.vault.opened', { id: 'too long', word: long }, { headers })))
  await careless.fire('shop.vault.opened', { id: 'too long', word: long }, { headers })
  await owner.fire('shop.vault.opened', { id: 'sentinel', word: secret })
  await stage.until(() => heard.includes('sentinel'))
  expect(heard, 'what was handled').to.deep.equal(['fine', 'fails', 'sentinel'])
}

async function callWithSecrets(stage: Stage, told: unknown[]): Promise<void> {
  await serving(stage, keys, {
    turn: ({ id }) => id,
    copy: ({ id }) => `${String(id)}${String(id)}`,
    hold: async (_, { signal }) => aborted(signal),
    lose: () => {
      throw new Error('The key is lost.')
    },
  })
  const caller = stage.bus([keys])
  const call = (name: string, given: string, timeout: string) =>
    caller.call(`shop.keys.${name}`, { id: given }, { timeout, headers: { authorization: secret } })
  expect(await call('turn', secret, '1d'), 'what the call gives').to.equal(secret)
  for (const name of ['lose', 'copy']) told.push(await busErrorOf(call(name, secret, '1d')))
  told.push(await busErrorOf(call('turn', secret.repeat(2), '1d')))
  const late = await busErrorOf(call('hold', secret, '200ms'))
  expect(late.code).to.equal('BUS_RPC_TIMEOUT')
  told.push(late)
}

/** What cannot be read is told of without what it says. */
async function readSecrets(stage: Stage, told: unknown[]): Promise<void> {
  const hasLogged = (code: string): boolean =>
    stage.log.lines.some(({ facts }) => isBusError(facts['err'], code))
  await stage.injectRaw({ kind: 'event', apiName: vault.name, eventName: 'opened' }, secret)
  await stage.until(() => hasLogged('BUS_EVENT_UNDECODABLE'))
  if (stage.module.rpc && stage.module.result) {
    await stage.injectRaw({ kind: 'rpc', apiName: keys.name }, secret)
    await stage.until(() => hasLogged('BUS_RPC_UNDECODABLE'))
  }
  if (!stage.module.schema) return
  const reader = stage.process()
  await stage.injectRaw({ kind: 'schema', apiName: 'shop.safe' }, secret)
  await (await reader.schema()).load()
  expect(reader.notices, 'what is told of an unreadable schema').not.to.deep.equal([])
  told.push(...reader.notices)
}
