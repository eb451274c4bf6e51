import { createCall, realClock, type RpcDelivery, type TransportContext } from '@lightbus/core/transport'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

const context: TransportContext = {
  serviceName: 'shop',
  processName: 'one',
  clock: realClock,
  report: () => {},
}
const soon = { timeoutMs: 5_000 }
const callTo = (apiName: string) => ({
  ...createCall({ apiName, procedureName: 'buy', parameters: {} }),
  returnPath: '',
})

describe('the memory RPC transport', () => {
  const transport = transportModule.rpc.create({ namespace: 'calls' }, context)
  const serving = new AbortController()

  beforeEach(() => transport.open())
  afterEach(() => transport.close())

  it('rejects before it is opened', async () => {
    const unopened = transportModule.rpc.create({ namespace: 'calls' }, context)
    const error = await unopened.send(callTo('quiet'), soon).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('serves a quiet API between the calls of a busy one', async () => {
    for (const apiName of ['busy', 'busy', 'busy', 'quiet']) await transport.send(callTo(apiName), soon)
    const consumer = await transport.consume({ apiNames: ['busy', 'quiet'], prefetch: () => 10 })
    const calls = consumer.calls(serving.signal)[Symbol.asyncIterator]()
    const order: unknown[] = []
    while (order.length < 4) order.push((await taken(calls)).call?.apiName)
    expect(order).to.deep.equal(['busy', 'quiet', 'busy', 'busy'])
  })

  it('hands over no more than the prefetch until a call is done, which counts once', async () => {
    const consumer = await transport.consume({ apiNames: ['busy'], prefetch: () => 1 })
    const calls = consumer.calls(serving.signal)[Symbol.asyncIterator]()
    const sent = [callTo('busy'), callTo('busy'), callTo('busy')]
    for (const call of sent) await transport.send(call, soon)
    const first = await taken(calls)
    const second = taken(calls)
    let isThirdHere = false
    const third = taken(calls).then(() => (isThirdHere = true))
    first.done()
    first.done()
    expect((await second).call?.id).to.equal(sent[1]?.id)
    expect(isThirdHere).to.equal(false)
    const done = await second
    done.done()
    await third
  })
})

async function taken(calls: AsyncIterator<RpcDelivery>): Promise<RpcDelivery> {
  const { value, done } = await calls.next()
  if (done) throw new Error('The calls have ended.')
  return value
}
