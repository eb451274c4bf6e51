import type { Whereabouts } from './broker.ts'
import { chaosBus, type ChaosBus } from './chaos-bus.ts'
import { sendCalls } from './caller.ts'
import { LedgerWriter } from './ledger.ts'
import { fireEvents } from './producer.ts'
import { doWork } from './worker.ts'

/** What a child process of the run is to be. */
export interface ChildOrders {
  readonly role: 'producer' | 'caller' | 'worker'
  readonly processName: string
  readonly whereabouts: Whereabouts
  readonly ledgerFolder: string
  readonly logPath: string
  readonly seed: number
  readonly isDeduplicating: boolean
}

/** What a role is given. */
export interface Stage {
  readonly bus: ChaosBus
  readonly ledger: LedgerWriter
  readonly processName: string
  readonly seed: number
  /** Aborts when the process is to begin nothing new. */
  readonly stopping: AbortSignal
}

const roles = { producer: fireEvents, caller: sendCalls, worker: doWork } as const

const orders = JSON.parse(process.argv[2] ?? '{}') as ChildOrders
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
// The run has ended, however it did.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()

const bus = chaosBus(orders)
const { processName, seed } = orders
const ledger = new LedgerWriter(orders.ledgerFolder, processName)
await roles[orders.role]({ bus, ledger, processName, seed, stopping: stopping.signal })
