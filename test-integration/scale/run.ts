import { Section } from './figures.ts'
import { measurePending } from './pending.ts'
import { pendingFigures } from './pending-figures.ts'
import type { Chapter } from './report.ts'
import { markdown } from './report.ts'
import { ServerWatch } from './server-watch.ts'
import type { Plan } from './sizes.ts'

interface Server {
  readonly url: string
  stop(): Promise<void>
}

// The commands of the repository use it too, and those run without a compiler.
const scripts = new URL('../../scripts/redis-servers.mjs', import.meta.url)
const { startServer } = (await import(scripts.href)) as { startServer(name: string): Promise<Server> }

/** One run from start to end: the report, and what was to be flat and is not. */
export async function run(plan: Plan, say: (line: string) => void): Promise<{ readonly report: string; readonly missed: readonly string[] }> {
  const server = await startServer('distribution')
  const watch = new ServerWatch(server.url)
  try {
    const parts = { watch, plan, url: server.url }
    const pending = new Section(plan.pending, pendingFigures)
    await measurePending({ ...parts, section: pending }, say)
    const chapters: Chapter[] = [{ title: 'Pending entries', about: '', section: pending }]
    const missed = chapters.flatMap(({ title, section }) =>
      section.rows().flatMap(({ figure, isKept }) => (isKept ? [] : [`${title}: ${figure.name}`])),
    )
    return { report: markdown(chapters, { server: await watch.version() }), missed }
  } finally {
    watch.close()
    await server.stop()
  }
}
