import { countAbortListeners } from './abort-listeners.ts'
import { makeLoad } from './load.ts'
import { sampleProcess } from './sample.ts'
import { soakBus } from './soak-bus.ts'
import { doWork } from './worker.ts'

/** What a child process of the soak is to be. */
export interface ChildOrders {
  readonly role: 'worker' | 'load'
  readonly url: string
}

const roles = { worker: doWork, load: makeLoad } as const

const { role, url } = JSON.parse(process.argv[2] ?? '{}') as ChildOrders
const abortListeners = countAbortListeners()
const stopping = new AbortController()
const done: Record<string, number> = {}
const count = (what: string): void => void (done[what] = (done[what] ?? 0) + 1)

process.on('message', (message) => {
  if (message === 'sample') process.send?.({ sample: sampleProcess(abortListeners, done) })
  else stopping.abort()
})
// The run has ended, however it did.
process.once('disconnect', () => process.exit(1))

await roles[role]({ bus: soakBus({ url, processName: role }), stopping: stopping.signal, count })
process.disconnect?.()
process.exit(0)
