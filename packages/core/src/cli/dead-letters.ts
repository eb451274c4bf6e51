import { inspect } from 'node:util'
import { Command } from 'commander'
import type { Bus } from '../bus/bus.ts'
import type { DeadLetter } from '../contracts/dead-letters.ts'
import { deadLetterUnknown, deadLettersUnchosen } from '../errors/catalogue.ts'
import { eventPath } from '../messages/event-message.ts'
import { loadBusModules } from './load-bus-modules.ts'

interface ModuleOptions {
  readonly bus?: string
  readonly config?: string
  readonly serviceName?: string
}

interface Chosen extends ModuleOptions {
  readonly all?: boolean
  readonly code?: readonly string[]
  readonly event?: readonly string[]
  readonly perSecond?: number
  readonly dryRun?: boolean
}

/** `lightbus dead-letters`: what the listeners of a bus module have given up, and what becomes of it. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Look at, redrive or discard what listeners gave up',
  )
  const about = (name: string, does: string): Command =>
    command
      .command(name)
      .description(does)
      .argument('<listener>', 'the name of the listener')
      .option('--bus <module>', 'the bus module (default: LIGHTBUS_MODULE, ./bus.ts or ./bus.js)')
      .option('--config <path>', 'path or URL of the configuration')
      .option('--service-name <name>', 'the name that the processes of this service share')
  const choosing = (name: string, does: string): Command =>
    about(name, does)
      .argument('[ids...]', 'ids as the list shows them')
      .option('--all', 'all of them')
      .option('--code <code...>', 'those given up with one of these codes')
      .option('--event <path...>', 'those of one of these events, as in shop.order_placed')
      .option('--dry-run', 'only count them')
  about('list', 'A line for each, the oldest first').action(list)
  about('show', 'All that is known of one').argument('<id>', 'its id as the list shows it').action(show)
  choosing('redrive', 'Give them back to the listener, with the attempts counted anew')
    .option('--per-second <n>', 'at most so many a second', Number)
    .action(redrive)
  choosing('discard', 'Delete them').action(discard)
  return command
}

async function list(listener: string, options: ModuleOptions): Promise<void> {
  await withBus(options, async (bus) => {
    for await (const letter of bus.deadLetters.list(listener)) console.log(line(letter))
  })
}

async function show(listener: string, id: string, options: ModuleOptions): Promise<void> {
  await withBus(options, async (bus) => {
    for await (const letter of bus.deadLetters.list(listener, { ids: [id] }))
      return console.log(inspect(letter, { depth: 8, colors: process.stdout.isTTY }))
    throw deadLetterUnknown({ listener, id })
  })
}

async function redrive(listener: string, ids: readonly string[], options: Chosen): Promise<void> {
  const filter = filterOf('redrive', ids, options)
  const { perSecond, dryRun = false } = options
  await withBus(options, async (bus) => {
    const pace = perSecond === undefined ? {} : { perSecond }
    const count = await bus.deadLetters.redrive(listener, { ...filter, ...pace, dryRun })
    console.log(`${count} ${dryRun ? 'would be redriven' : 'redriven'}`)
  })
}

async function discard(listener: string, ids: readonly string[], options: Chosen): Promise<void> {
  const filter = filterOf('discard', ids, options)
  const { dryRun = false } = options
  await withBus(options, async (bus) => {
    const count = await bus.deadLetters.discard(listener, { ...filter, dryRun })
    console.log(`${count} ${dryRun ? 'would be discarded' : 'discarded'}`)
  })
}

// Whoever means all of them has to say so.
function filterOf(act: 'redrive' | 'discard', ids: readonly string[], { all = false, code, event }: Chosen) {
  if (!all && ids.length === 0 && !code && !event) throw deadLettersUnchosen({ act })
  return {
    ...(ids.length > 0 ? { ids } : {}),
    ...(code ? { codes: code } : {}),
    ...(event ? { events: event } : {}),
  }
}

function line({ id, deadAt, event, reason }: DeadLetter): string {
  const what = event ? `${eventPath(event)} ${event.id}` : 'unreadable'
  const [why = ''] = reason.message.split('\n')
  return [id, deadAt.toISOString(), what, `after ${reason.attempts}`, `${reason.code}: ${why}`].join('  ')
}

async function withBus(
  { bus: module, config, serviceName }: ModuleOptions,
  act: (bus: Bus) => Promise<void>,
): Promise<void> {
  const loaded = await loadBusModules(module === undefined ? [] : [module])
  try {
    for (const { bus } of loaded) {
      await bus.configure({ config, serviceName })
      await act(bus)
    }
  } finally {
    await Promise.all(loaded.map(({ bus }) => bus.stop()))
  }
}
