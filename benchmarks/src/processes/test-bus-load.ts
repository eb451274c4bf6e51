import { testBus } from '@lightbus/core/testing'
import { payloadOf, type Payload } from '../subject.ts'
import { growthApi } from './lightbus-bus.ts'

const bytes = 100
const batch = 100

/** Sets up a service for a test, calls it and takes it down, again and again: how long one of them takes, in milliseconds. */
export async function testBusMs(forMs: number): Promise<number> {
  const api = growthApi('tested')
  const beganAt = performance.now()
  let count = 0
  for (; performance.now() - beganAt < forMs; count += 1) {
    await using test = await testBus({
      apis: [api],
      setup: (bus) => bus.serve(api, { echo: (sent: Payload) => sent }),
    })
    await test.settle(() => test.bus.tested.echo(payloadOf(bytes)))
  }
  return (performance.now() - beganAt) / count
}

/** Fires in batches at a listener of a service under test, and lets each settle: how many events are handled by the second. */
export async function testBusEvents(forMs: number): Promise<number> {
  const api = growthApi('tested')
  let count = 0
  await using test = await testBus({
    apis: [api],
    setup: (bus) =>
      bus.tested.happened.listen(() => void (count += 1), { listenerName: 'tested', concurrency: 10 }),
  })
  const payload = payloadOf(bytes)
  const beganAt = performance.now()
  while (performance.now() - beganAt < forMs)
    await test.settle(() =>
      Promise.all(Array.from({ length: batch }, () => test.fire('tested.happened', payload))),
    )
  return count / ((performance.now() - beganAt) / 1_000)
}
