import { createCall, createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { handle, listen, next, serve } from './pulling.ts'
import { address, callNamed, eventNamed } from './samples.ts'
import { schemaOf } from './schema-samples.ts'

/** L17, C11: namespaces of one broker. */
export const namespacesCases = {
  L17: async (stage) => {
    const [here, there] = apart(stage)
    if (stage.module.event) await eventsApart(stage, here, there)
    if (stage.module.rpc) await callsApart(stage, here, there)
    if (stage.module.result) await resultsApart(stage, here, there)
    if (stage.module.schema) await schemasApart(here, there)
  },

  C11: async (stage) => {
    const [here, there] = apart(stage)
    await schemasApart(here, there)
  },
} satisfies Cases

/** Processes of the same service in two namespaces. */
function apart(stage: Stage): readonly [Process, Process] {
  return [stage.process(), stage.process({ namespace: stage.anotherNamespace() })]
}

async function eventsApart(stage: Stage, here: Process, there: Process): Promise<void> {
  const [ours, theirs] = [await here.event(), await there.event()]
  const [listeningHere, listeningThere] = [await listen(stage, ours), await listen(stage, theirs)]
  await ours.send(eventNamed('ours'))
  await theirs.send(eventNamed('theirs'))
  expect(await handle(listeningThere, 1), 'what is heard there').to.deep.equal(['theirs'])
  expect(await handle(listeningHere, 1), 'what is heard here').to.deep.equal(['ours'])
  await ours.send(eventNamed('ours again'))
  expect(await handle(listeningHere, 1), 'what is heard here next').to.deep.equal(['ours again'])
}

async function callsApart(stage: Stage, here: Process, there: Process): Promise<void> {
  const [ours, theirs] = [await here.rpc(), await there.rpc()]
  const { calls } = await serve(stage, theirs)
  const servers = await ours.send(callNamed('ours', 'nowhere'), { timeoutMs: 60_000 })
  expect(servers, 'who serves the API here').not.to.equal('some')
  await theirs.send(callNamed('theirs', 'nowhere'), { timeoutMs: 60_000 })
  expect((await next(calls)).call?.procedureName, 'what is called there').to.equal('theirs')
  const serving = await serve(stage, ours)
  expect((await next(serving.calls)).call?.procedureName, 'what is called here').to.equal('ours')
}

async function resultsApart(stage: Stage, here: Process, there: Process): Promise<void> {
  const [ours, theirs] = [await here.result(), await there.result()]
  const call = createCall({ ...address, procedureName: 'look', parameters: {} })
  const [pendingHere, pendingThere] = [await ours.expect(call), await theirs.expect(call)]
  expect(pendingHere.returnPath, 'the return path here').not.to.equal(pendingThere.returnPath)
  const result = (value: string) => createResult(call.id, { type: 'value', value })
  await ours.send(result('ours'), pendingHere.returnPath)
  await theirs.send(result('theirs'), pendingThere.returnPath)
  const receivedThere = await pendingThere.receive(stage.signal)
  const receivedHere = await pendingHere.receive(stage.signal)
  expect(receivedThere.outcome, 'the result there').to.deep.equal({ type: 'value', value: 'theirs' })
  expect(receivedHere.outcome, 'the result here').to.deep.equal({ type: 'value', value: 'ours' })
}

async function schemasApart(here: Process, there: Process): Promise<void> {
  const [ours, theirs] = [await here.schema(), await there.schema()]
  const [one, other] = [schemaOf('shop.orders', 'ours'), schemaOf('shop.orders', 'theirs')]
  await ours.store(one, { ttlMs: 60_000 })
  expect(await ours.load(), 'the schemas here').to.deep.equal([one])
  expect(await theirs.load(), 'the schemas there').to.deep.equal([])
  const { replaced } = await theirs.store(other, { ttlMs: 60_000 })
  expect(replaced, 'what is replaced there').to.equal(undefined)
  expect(await theirs.load(), 'the schemas there').to.deep.equal([other])
  expect(await ours.load(), 'the schemas here').to.deep.equal([one])
}
