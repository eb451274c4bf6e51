import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { run } from './run.ts'
import { fullPlan, quickPlan } from './sizes.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, report: { type: 'string' } },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const beganAt = performance.now()
const say = (line: string): void =>
  console.error(`${((performance.now() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}`)
try {
  const { report, missed } = await run(values.quick ? quickPlan : fullPlan, say)
  console.log(report)
  if (values.report !== undefined) writeFileSync(values.report, report)
  for (const figure of missed) console.log(`NOT FLAT: ${figure}`)
  process.exitCode = missed.length === 0 ? 0 : 1
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
