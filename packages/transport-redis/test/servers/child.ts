import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TransportOptions } from '@lightbus/core/transport'
import { until } from '../redis-fixture.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const patienceMs = 60_000

/** A process of its own. */
export interface Child {
  /** Waits until it has printed these words. */
  says(words: string): Promise<void>
  /** Closes its standard input, and resolves when it has ended by itself, with all that it has printed: warnings, too. */
  ended(): Promise<string>
}

/** Starts a process that runs this code, in which `transportModule`, `context` and the options `place` are at hand. */
export function startChild(place: TransportOptions, body: string): Child {
  const code = `
    import { transportModule } from './packages/transport-redis/src/index.ts'
    import { createEventMessage, realClock } from './packages/core/src/transport.ts'
    const context = { serviceName: 's', processName: 'p', clock: realClock, report: () => undefined }
    const place = ${JSON.stringify({ namespace: '', ...place })}
    ${body}`
  const args = ['--import=tsx', '--conditions=@lightbus/source', '--input-type=module', '-e', code]
  const child = spawn(process.execPath, args, { cwd: root, timeout: patienceMs })
  const over = once(child, 'close')
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  return {
    says: (words) => until(`the child says ${words}`, () => printed.includes(words)),
    async ended() {
      child.stdin.end()
      const [, signal] = (await over) as [number | null, string | null]
      return signal === null ? printed : `${printed}It did not end by itself, but by ${signal}.`
    },
  }
}

/** Opens an event transport, says `open` or the code of the error, and closes it. */
export const opensAndCloses = `
  const transport = transportModule.event.create(place, context)
  await transport.open().then(() => console.log('open'), (error) => console.log(error.code))
  await transport.close()`

/** Says `sending`, sends and hears events over all kinds of connection until its input is closed and once more, and closes. */
export const keepsBusy = `
  const address = { apiName: 'busy', eventName: 'e' }
  const events = transportModule.event.create(place, context)
  const rpcs = transportModule.rpc.create(place, context)
  const ending = new AbortController()
  await Promise.all([events.open(), rpcs.open()])
  const subscription = await events.subscribe({ listenerName: 'l', events: [address], prefetch: () => 10 })
  const consumer = await rpcs.consume({ apiNames: ['busy'], prefetch: () => 10 })
  const hear = async () => {
    for await (const { receipt } of subscription.deliveries(ending.signal))
      await subscription.acknowledge(receipt).catch(() => undefined)
  }
  const serve = async () => { for await (const _ of consumer.calls(ending.signal)) continue }
  const work = [hear(), serve()]
  let isOver = false
  process.stdin.on('end', () => (isOver = true)).resume()
  console.log('sending')
  for (let isLast = false; !isLast;) {
    const wasOver = isOver
    const event = createEventMessage({ ...address, parameters: {} })
    isLast = await events.send(event).then(() => wasOver, () => false)
    await new Promise((resolve) => setImmediate(resolve))
  }
  ending.abort()
  await Promise.all([events.close(), rpcs.close(), ...work])`
