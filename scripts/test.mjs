// Runs every test with a Redis at hand, and closes with the line "N passed, N failed". A test that is skipped counts as
// failed. Arguments go to mocha; where test files are among them, only those run.
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MochaRun, nothing } from './mocha-run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const runs = await whatToRun()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    for (const run of runs) run.interrupt(signal)
  })

const ends = await runAll()
ends.flatMap(({ failures }) => failures).forEach(tellFailure)
tellSkipped(ends.flatMap(({ pending }) => pending))
for (const { trouble } of ends) if (trouble) console.log(`\n${trouble}`)
for (const { stats } of ends)
  if (stats) console.log(`\n${stats.tests} tests in ${(stats.duration / 60_000).toFixed(1)} minutes`)

const passed = sum(ends.map(({ passes }) => passes.length))
const failed = sum(
  ends.map(({ failures, pending, trouble }) => failures.length + pending.length + (trouble ? 1 : 0)),
)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** All tests run in two runs side by side, which take about as long: most of the tests wait most of the time. */
async function whatToRun() {
  const config = JSON.parse(await readFile(new URL('../.mocharc.json', import.meta.url), 'utf8'))
  const { spec, ...settings } = config
  if (args.some((arg) => arg.endsWith('.test.ts'))) return [new MochaRun(root, settings, args)]
  if (args.length > 0) return [new MochaRun(root, config, args)]
  const half = [
    'packages/transport-redis/test/**/*.test.ts',
    'benchmarks/test/**/*.test.ts',
    'test-integration/test/chaos.test.ts',
  ]
  return [
    new MochaRun(root, { ...settings, spec: half }),
    new MochaRun(root, { ...settings, spec, ignore: half }),
  ]
}

async function runAll() {
  try {
    for (const run of runs) await run.prepare()
  } catch (error) {
    return [{ ...nothing, trouble: error.message }]
  }
  return Promise.all(runs.map((run) => run.end()))
}

function tellFailure(test, index) {
  const { message = '', stack = '', expected, actual } = test.err ?? {}
  const where = test.file ? `in ${relative(root, test.file)}` : ''
  const wanted =
    expected === undefined && actual === undefined ? '' : `expected: ${expected}\nactual:   ${actual}`
  const text = stack.includes(message) ? stack : `${message}\n${stack}`
  const about = [where, text.trimEnd(), wanted].filter(Boolean).join('\n')
  console.log(`\n${index + 1}) ${test.fullTitle}\n${about.replace(/^(?=.)/gm, '   ')}`)
}

function tellSkipped(tests) {
  if (tests.length > 0) console.log('\nSkipped, which counts as failed:')
  for (const test of tests) console.log(`  - ${test.fullTitle} (${relative(root, test.file ?? '')})`)
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
