#!/usr/bin/env node
// lightbus-conformance <harness module>: runs the kit against a transport and prints the report.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { TransportModule } from '@lightbus/core/transport'
import { runConformance } from './conformance.ts'
import { guaranteeIds } from './guarantees/all-guarantees.ts'
import { tiers, type Tier } from './guarantees/guarantee.ts'
import type { Harness } from './harness.ts'
import { jsonReport, markdownReport, summary } from './report.ts'

const usage = `Usage: lightbus-conformance <harness module> [options]

The module exports "transportModule" and "harness".

  --tier <tier>        ${tiers.join(', ')}: each includes those before it (default: faults)
  --only <ids>         these guarantees only: E34,E35
  --seed <number>      decides all that is chosen at random (default: 1)
  --jobs <number>      cases at a time (default: 1)
  --report <folder>    writes <transport>.md and <transport>.json there`

const { values, positionals } = parse()
const [file] = positionals
if (file === undefined || positionals.length > 1) fail(usage)
const { transportModule, harness } = (await import(pathToFileURL(resolve(file)).href)) as {
  readonly transportModule?: TransportModule
  readonly harness?: Harness
}
if (!transportModule || !harness) fail(`${file} does not export "transportModule" and "harness".`)

const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => rejections.push(reason))
const conformance = await runConformance({
  module: transportModule,
  harness,
  tier: oneOf('--tier', values.tier, tiers),
  seed: wholeNumber('--seed', values.seed),
  jobs: wholeNumber('--jobs', values.jobs),
  only: values.only?.split(',').map((id) => oneOf('--only', id.trim(), guaranteeIds)),
  onRow: ({ id, outcome }) => process.stderr.write(outcome === 'failed' ? `\n${id} failed\n` : '.'),
})
process.stderr.write('\n')
const markdown = markdownReport(conformance)
console.log(markdown)
if (values.report !== undefined) {
  await mkdir(values.report, { recursive: true })
  await writeFile(join(values.report, `${conformance.transport}.md`), `${markdown}\n`)
  await writeFile(join(values.report, `${conformance.transport}.json`), jsonReport(conformance))
}
for (const reason of rejections) console.error('\nA rejection that nobody handled:', reason)
const { declared, passed, failed, absent } = summary(conformance)
console.log(`\n${declared} declared, ${passed} passed, ${absent} declared absent, ${failed} failed`)
// Sockets and timers that are left keep the process from ending, which whoever waits for it notices.
process.exitCode = failed > 0 || passed === 0 || rejections.length > 0 ? 1 : 0

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        tier: { type: 'string', default: 'faults' satisfies Tier },
        only: { type: 'string' },
        seed: { type: 'string', default: '1' },
        jobs: { type: 'string', default: '1' },
        report: { type: 'string' },
      },
    })
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}

function oneOf<T extends string>(option: string, given: string, allowed: readonly T[]): T {
  const known = allowed.find((each) => each === given)
  return known ?? fail(`${option} cannot be "${given}". Use: ${allowed.join(', ')}.`)
}

function wholeNumber(option: string, given: string): number {
  return /^\d+$/.test(given) && Number(given) > 0 ? Number(given) : fail(`${option} is a number above 0.`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
