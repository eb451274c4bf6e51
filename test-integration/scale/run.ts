import { Section } from './figures.ts'
import { listenersFigures } from './listeners-figures.ts'
import { measureListeners } from './listeners.ts'
import { lettersFigures } from './letters-figures.ts'
import { measureLetters } from './letters.ts'
import { measurePending } from './pending.ts'
import { pendingFigures } from './pending-figures.ts'
import { markdown, type Chapter } from './report.ts'
import { ServerWatch } from './server-watch.ts'
import type { Plan } from './sizes.ts'

interface Server {
  readonly url: string
  stop(): Promise<void>
}

// The commands of the repository use it too, and those run without a compiler.
const scripts = new URL('../../scripts/redis-servers.mjs', import.meta.url)
const { startServer } = (await import(scripts.href)) as { startServer(name: string): Promise<Server> }

/** One run from start to end: the report, and what is not as expected. */
export async function run(
  plan: Plan,
  say: (line: string) => void,
): Promise<{ readonly report: string; readonly missed: readonly string[] }> {
  const server = await startServer('distribution')
  const watch = new ServerWatch(server.url)
  const parts = { watch, plan, url: server.url, say }
  try {
    const pending = new Section(plan.pending, pendingFigures)
    const listeners = new Section(plan.listeners, listenersFigures)
    const letters = new Section(plan.letters, lettersFigures)
    await measureLetters({ ...parts, section: letters })
    await measureListeners({ ...parts, section: listeners })
    await measurePending({ ...parts, section: pending })
    const chapters = chaptersOf({ pending, listeners, letters })
    const missed = chapters.flatMap(({ title, section }) =>
      section.rows().flatMap(({ figure, isKept }) => (isKept ? [] : [`${title}: ${figure.name}`])),
    )
    return { report: markdown(chapters, await watch.version()), missed }
  } finally {
    watch.close()
    await server.stop()
  }
}

function chaptersOf(sections: Record<'pending' | 'listeners' | 'letters', Section>): readonly Chapter[] {
  return [
    {
      title: 'Pending entries',
      about:
        'One stream of one API, and in the group of its listener a process that holds so many entries. Another process fires events of the API, and listens to them with the same listener, ten at a time. Its sweeps come every half second instead of every five.',
      section: sections.pending,
    },
    {
      title: 'Listeners',
      about:
        'So many listeners in one process, each of an event of an API of its own, so that there are as many streams.',
      section: sections.listeners,
    },
    {
      title: 'Dead letters',
      about: 'A listener that has so many dead letters already.',
      section: sections.letters,
    },
  ]
}
