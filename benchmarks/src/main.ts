import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { cases } from './cases.ts'
import { choose } from './choose.ts'
import { isPython } from './is-python.ts'
import { oneOfEach } from './one-of-each.ts'
import { fullPlan, quickPlan } from './plan.ts'
import { run } from './run.ts'
import type { Subject } from './subject.ts'
import { labelOf, subjects } from './subjects.ts'
import { python } from './subjects/python-process.ts'
import { writeReport } from './report/write-report.ts'
import { tableOf } from './table.ts'

// Those that are there soon: most of a quick run is waiting for processes to start.
const inQuick = ['Lightbus', 'Lightbus, in memory', 'plain ioredis', 'BullMQ', 'Moleculer']

const beganAt = performance.now()
const say = (line: string): void =>
  console.error(`${((performance.now() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}`)

// Whoever ends this process ends all that it has started.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      subjects: { type: 'string' },
      json: { type: 'string' },
      report: { type: 'string' },
    },
  })
  const results = await run({
    cases: choose('case', cases, ({ name }) => name, wordsIn(values.only)),
    subjects: takingPart(wordsIn(values.subjects), values.quick),
    plan: values.quick ? quickPlan : fullPlan,
    say,
  })
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`)
  if (values.report === undefined) console.log(tableOf(results.measurements))
  else await writeReport(results, values.report)
  say('done')
}

function wordsIn(list: string | undefined): readonly string[] | undefined {
  return list?.split(',').map((word) => word.trim())
}

/** A quick run does with a few, unless it is told whom to take. */
function takingPart(words: readonly string[] | undefined, isQuick: boolean): readonly Subject[] {
  const chosen = choose('subject', subjects, labelOf, words)
  const some = isQuick && !words ? oneOfEach(chosen).filter(({ name }) => inQuick.includes(name)) : chosen
  if (existsSync(python)) return some
  if (some.some(isPython)) say('Python Lightbus is left out: `npm run test:python` prepares it.')
  return some.filter((one) => !isPython(one))
}
