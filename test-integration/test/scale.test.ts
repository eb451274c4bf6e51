import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Figure } from '../scale/figures.ts'
import { lettersFigures } from '../scale/letters-figures.ts'
import { listenersFigures } from '../scale/listeners-figures.ts'
import { pendingFigures } from '../scale/pending-figures.ts'
import { quickPlan } from '../scale/sizes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const chapters = [
  { title: 'Pending entries', figures: pendingFigures, sizes: quickPlan.pending },
  { title: 'Listeners', figures: listenersFigures, sizes: quickPlan.listeners },
  { title: 'Dead letters', figures: lettersFigures, sizes: quickPlan.letters },
] as const

describe('npm run scale', () => {
  let folder: string
  let report: string

  before(async function () {
    this.timeout(60_000)
    folder = await mkdtemp(join(tmpdir(), 'lightbus-scale-'))
    const path = join(folder, 'report.md')
    // Times are not expected of a machine that does something else too.
    await promisify(execFile)(process.execPath, ['scripts/scale.mjs', '--quick', '--report', path], {
      cwd: root,
    }).catch((error: { code?: unknown; stderr?: string }) => {
      if (error.code !== 1) throw error
    })
    report = await readFile(path, 'utf8')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('reports every figure, at every size, and says what it is', () => {
    for (const { title, figures, sizes } of chapters) {
      const rows = rowsOf(report, title)
      expect([...rows.keys()]).to.deep.equal(Object.values(figures).map(labelOf))
      for (const [label, values] of rows) expect(values, label).to.have.lengthOf(sizes.length)
      for (const { name, meaning } of Object.values<Figure>(figures))
        expect(report).to.include(`- **${name}**: ${meaning}`)
    }
  })

  it('finds no command and no script that does more than a page at a time', () => {
    for (const { title, figures } of [chapters[0], chapters[2]]) {
      const rows = rowsOf(report, title)
      expect(Math.max(...valuesOf(rows, figures.entries)), 'entries asked for at once').to.be.at.most(100)
      expect(Math.max(...valuesOf(rows, figures.inScript)), 'commands in a script').to.be.at.most(500)
      expect(valuesOf(rows, figures.unbounded), 'commands without a limit').to.deep.equal([0, 0, 0])
    }
    const pages = valuesOf(rowsOf(report, 'Pending entries'), pendingFigures.pages)
    expect(Math.max(...pages), 'pages of the longest sweep').to.be.above(10)
  })

  it('finds as many connections and commands for an event, however many listeners there are', () => {
    const rows = rowsOf(report, 'Listeners')
    expect(Math.max(...valuesOf(rows, listenersFigures.connections))).to.be.at.most(3)
    const [one = 0, ...more] = valuesOf(rows, listenersFigures.commands)
    for (const commands of more) expect(commands).to.be.below(one * 1.5)
    expect(Math.max(...valuesOf(rows, listenersFigures.inScript)), 'commands in a script').to.be.at.most(500)
  })
})

/** The values of each row of a table; what was not measured is missing. */
function rowsOf(text: string, title: string): Map<string, readonly (number | undefined)[]> {
  const [, chapter = ''] = text.split(`\n## ${title}\n`)
  const [table = ''] = /^\|.*?(?=\n\n)/ms.exec(chapter) ?? []
  const rows = table.split('\n').slice(2)
  return new Map(
    rows.map((row) => {
      const [label = '', ...cells] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      const values = cells
        .slice(0, -2)
        .map((cell) => (cell === '–' ? undefined : Number(cell.replaceAll(',', ''))))
      return [label, values]
    }),
  )
}

function valuesOf(rows: ReturnType<typeof rowsOf>, figure: Figure): number[] {
  return (rows.get(labelOf(figure)) ?? []).flatMap((value) => value ?? [])
}

function labelOf({ name, unit }: Figure): string {
  return unit === '' ? name : `${name} (${unit})`
}
