import { setTimeout as pause } from 'node:timers/promises'
import { boundsOf } from './bounds.ts'
import type { ListenersFigure } from './listeners-figures.ts'
import type { ScaleParts } from './parts.ts'
import { apiNamed, busFor, eventName, eventOf, Handled, transportFor } from './scale-bus.ts'
import { heapMb, median, percentile, timed, timesOf, until } from './stopwatch.ts'

const few = 30

/** What it costs to have so many listeners in one process, each of an API of its own. */
async function withListeners(
  { section, watch, plan, url }: ScaleParts<ListenersFigure>,
  size: number,
): Promise<void> {
  const note = (name: ListenersFigure, value: number): void => section.note(size, name, value)
  const names = Array.from({ length: size }, (_, n) => `scale.heard${n}`)
  const processName = 'hearer'
  const heapBefore = heapMb()
  const { bus, handled } = hearing({ url, processName }, names)
  // What a process costs without listeners would hide what one more costs.
  const noteByListener = (name: ListenersFigure, value: number): void => {
    if (size > 1) note(name, value / size)
  }
  note(
    'openingLongest',
    await watch.longestMs(async () => noteByListener('opening', await timed(() => bus.start()))),
  )
  const sender = transportFor({ url, processName: 'sender' })
  await sender.open()
  const timeOne = () => handled.timeOf((id) => sender.send({ ...eventOf(names.at(-1) ?? ''), id }))
  await timesOf(few, timeOne)
  note('connections', await watch.connections(processName))
  noteByListener('heap', heapMb(heapBefore) * 1_000)
  note(
    'longest',
    await watch.longestMs(async () => {
      const times = await timesOf(plan.timed, timeOne)
      note('p50', percentile(times, 0.5))
      note('p99', percentile(times, 0.99))
    }),
  )
  const rare = async () => {
    await pause(50)
    return timeOne()
  }
  note('rare', median(await timesOf(few, rare)))
  const { commands, bytes } = await watch.load(() => timesOf(few, timeOne))
  note('commands', commands / few)
  note('bytes', bytes / few)
  const goal = handled.count + plan.flood
  const ms = await timed(async () => {
    await Promise.all(
      Array.from({ length: plan.flood }, (_, n) => sender.send(eventOf(names[n % size] ?? ''))),
    )
    await until('all are handled', () => handled.count >= goal)
  })
  note('perSecond', plan.flood / (ms / 1_000))
  const idle = await watch.monitored(() => pause(plan.idleMs))
  note('idle', idle.filter(({ isInScript }) => !isInScript).length / (plan.idleMs / 1_000))
  noteByListener('closing', await timed(() => bus.stop()))
  await sender.close()
}

function hearing(place: { readonly url: string; readonly processName: string }, names: readonly string[]) {
  const handled = new Handled()
  const bus = busFor(place, names.map(apiNamed))
  for (const [n, name] of names.entries())
    bus.listen([`${name}.${eventName}`], handled.handler, { listenerName: `l${n}` })
  return { bus, handled }
}

/** All of it, at all sizes. */
export async function measureListeners(parts: ScaleParts<ListenersFigure>): Promise<void> {
  const { section, watch, plan, url, say } = parts
  for (let round = 1; round <= plan.rounds; round += 1)
    for (const size of section.sizes) {
      say(`round ${round} with ${size} listeners`)
      await withListeners(parts, size)
    }
  for (const size of section.sizes) {
    const commands = await watch.monitored(async () => {
      const { bus } = hearing(
        { url, processName: 'hearer' },
        Array.from({ length: size }, (_, n) => `scale.heard${n}`),
      )
      await bus.start()
      await bus.stop()
    })
    section.note(size, 'inScript', boundsOf(commands).inScript)
  }
}
