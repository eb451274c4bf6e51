// The program of a child process that the kit starts in order to kill it.
import { realClock, type TransportKind, type TransportModule } from '@lightbus/core/transport'
import type { ChildAnswer, ChildOrders, ChildQuestion } from './child-victim.ts'
import type { Harness, Wishes } from './harness.ts'
import { Process } from './process.ts'
import { VictimWork } from './victim-work.ts'

const { entry, namespace, serviceName, processName, wishes } = JSON.parse(
  process.argv[2] ?? '',
) as ChildOrders & { readonly wishes: Wishes }
const { transportModule, harness } = (await import(entry)) as {
  readonly transportModule: TransportModule
  readonly harness: Harness
}
const work = new VictimWork(
  new Process({
    module: transportModule,
    serviceName,
    processName,
    clock: realClock,
    options: (kind: TransportKind) => harness.options(kind, namespace, wishes),
  }),
)

process.on('message', ({ number, verb, args }: ChildQuestion) => {
  const act = work[verb] as (...given: readonly unknown[]) => Promise<unknown>
  act.apply(work, [...args]).then(
    (value) => tell({ number, value }),
    (error: unknown) => tell({ number, error: error instanceof Error ? error.message : String(error) }),
  )
})
// Whoever started it has gone.
process.on('disconnect', () => process.exit(1))
process.send?.('ready')

function tell(answer: ChildAnswer): void {
  process.send?.(answer)
}
