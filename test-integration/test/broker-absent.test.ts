import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { defineApi, procedure } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, quietBus, until } from './each-transport.ts'

const greeting = defineApi('greeting', { procedures: { greet: procedure({}, z.string()) } })

const overRedis = (url: string) => {
  const selector = { redis: { url } }
  return {
    bus: { schema: { transport: selector } },
    apis: { default: { event_transport: selector, rpc_transport: selector, result_transport: selector } },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a Redis that is not there', function () {
  this.timeout(30_000)

  it('is waited for at the start, with a line that says so, and used when it comes', async () => {
    const port = await freePort()
    await using bus = quietBus([greeting], overRedis(`redis://127.0.0.1:${port}/0`))
    bus.serve(greeting, { greet: () => 'hello' })
    const started = bus.start()
    await until(
      () => bus.lines.some((line) => line.startsWith('Waiting for the broker')),
      'a line that says so',
    )
    expect(bus.lines.join()).to.contain(`127.0.0.1:${port}`).and.to.contain('BUS_TRANSPORT_UNAVAILABLE')
    const redis = spawn('redis-server', ['--port', String(port), '--save', '', '--bind', '127.0.0.1'], {
      stdio: 'ignore',
    })
    try {
      await started
      expect(bus.lines.some((line) => line.startsWith('Reached redis://127.0.0.1'))).to.equal(true)
      expect(await bus.greeting.greet()).to.equal('hello')
      await bus.stop()
    } finally {
      redis.kill()
      await once(redis, 'exit')
    }
  })

  it('makes a call fail soon, with an error that may be tried again', async () => {
    await using bus = quietBus([greeting], overRedis(`redis://someone:hush@127.0.0.1:${await freePort()}/0`))
    const error = await busError(bus.greeting.greet())
    expect(error.code).to.equal('BUS_TRANSPORT_UNAVAILABLE')
    expect(error.retriable).to.equal(true)
    expect(error.message).to.not.contain('hush')
  })

  it('can be given up on while it is waited for', async () => {
    const bus = quietBus([greeting], overRedis(`redis://127.0.0.1:${await freePort()}/0`))
    const started = busError(bus.start())
    await until(() => bus.lines.length > 0, 'a line that says so')
    await bus.stop()
    expect((await started).code).to.equal('BUS_STATE_WRONG')
  })
})
