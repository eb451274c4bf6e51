import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { cases } from '../src/cases.ts'
import type { Measurement, Results } from '../src/measurement.ts'
import { chapters } from '../src/report/chapters.ts'
import { targets, type Target } from '../src/report/targets.ts'
import { judge } from '../src/report/verdict.ts'
import { writeReport } from '../src/report/write-report.ts'

const setting = { inFlight: 100, bytes: 100 }
const wanted = { case: 'rpc', at: setting, figure: 'calls' }

describe('the report of the benchmarks', () => {
  describe('judges a target', () => {
    it('met beside the fastest variant of the peer', () => {
      const found = [
        calls('Lightbus (safety)', 3_000),
        calls('Moleculer (safety)', 1_000),
        calls('Moleculer (speed)', 2_000),
      ]
      const target: Target = { what: 'Calls', of: wanted, beside: 'Moleculer', atLeast: 1.5 }
      expect(judge(target, found)).to.deep.include({ value: 1.5, isMet: true, other: found[2] })
    })

    it('missed by a part of what was wanted', () => {
      const found = [calls('Lightbus (safety)', 1_320), calls('Moleculer (speed)', 1_000)]
      const target: Target = { what: 'Calls', of: wanted, beside: 'Moleculer', atLeast: 1.5 }
      expect(judge(target, found)).to.deep.include({ isMet: false, missedBy: '12 %' })
    })

    it('by what it costs, where little is wanted', () => {
      const found = [latency('Lightbus (safety)', 0.5), latency('Moleculer (speed)', 0.4)]
      const target: Target = { what: 'p99', of: { case: 'rpc-latency' }, beside: 'Moleculer', atMost: 1 }
      expect(judge(target, found)).to.deep.include({ value: 1.25, isMet: false, missedBy: '25 %' })
    })

    it('beside another size of the same, where fewer by the second cost more', () => {
      const found = [pending(0, 1_000), pending(1_000_000, 800)]
      const of = { case: 'growth-pending', at: { pending: 1_000_000 }, subject: 'Lightbus' }
      const target: Target = { what: 'Pending', of, from: { pending: 0 }, atMost: 1.3 }
      expect(judge(target, found)).to.deep.include({ value: 1.25, isMet: true, other: found[0] })
    })

    it('of a share by percentage points', () => {
      const found = [{ ...calls('Lightbus (safety)', 28), figure: 'share', unit: '%' } as const]
      const target: Target = { what: 'Share', of: { case: 'rpc', figure: 'share' }, atMost: 25 }
      expect(judge(target, found)).to.deep.include({ isMet: false, missedBy: '3 percentage points' })
    })

    it('not without its figures, ours or the peer’s', () => {
      const target: Target = { what: 'Calls', of: wanted, beside: 'Moleculer', atLeast: 1.5 }
      expect(judge(target, [])).to.equal(undefined)
      expect(judge(target, [calls('Lightbus (safety)', 1)])).to.equal(undefined)
      expect(judge(target, [calls('Lightbus (speed)', 1), calls('Moleculer (speed)', 1)])).to.equal(undefined)
    })

    it('which has no limit by telling its value only', () => {
      const found = [calls('Lightbus (safety)', 30), calls('BullMQ (speed)', 10)]
      const verdict = judge({ what: 'Calls', of: wanted, beside: 'BullMQ' }, found)
      expect(verdict?.value).to.equal(3)
      expect(verdict).not.to.have.property('isMet')
    })
  })

  it('has a chapter for each case', () => {
    expect(chapters.map((chapter) => chapter.case)).to.have.members(cases.map(({ name }) => name))
  })

  it('has targets for cases that there are', () => {
    expect(cases.map(({ name }) => name)).to.include.members(targets.map(({ of }) => of.case))
  })

  describe('in its folder', () => {
    let folder: string
    let text: string

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lightbus-report-'))
      await writeReport(results, folder)
      text = await readFile(join(folder, 'report.md'), 'utf8')
    })

    after(() => rm(folder, { recursive: true, force: true }))

    it('has the medians, the best in bold, and how Lightbus stands beside each', () => {
      expect(rowsOf(text)).to.include.deep.members([
        ['Moleculer (speed)', '10,000/s', '10 %', '2.00× ahead'],
        ['Lightbus (safety)', '20,000/s', '5 %', ''],
        ['plain ioredis (speed)', '**25,000/s**', '', '1.25× behind'],
        ['Lightbus, in memory (safety)', '90,000/s', '', '4.50× behind'],
      ])
    })

    it('has sizes side by side, and what the largest costs', () => {
      expect(rowsOf(text)).to.include.deep.members([['Lightbus', '1,000/s', '800/s', '1.25× the cost']])
    })

    it('says of targets whether they are met, and which were not measured', () => {
      const outcomes = new Map(rowsOf(text).map((row) => [row[0], row.at(-1)]))
      expect(outcomes.get('Calls, 100 in flight, beside Moleculer')).to.equal('**met**')
      expect(outcomes.get('Calls, 100 in flight, beside BullMQ')).to.equal('**missed** by 50 %')
      expect(outcomes.get('Connections at rest')).to.equal('not measured in this run')
      expect(text).to.match(/Of \d+ targets 3 are met and 1 are missed; \d+ were not measured in this run\./)
    })

    it('says what it was measured on and how the page came about', () => {
      expect(text).to.include('A processor with 4 cores')
      expect(text).to.include('bullmq 6.7.0')
      expect(text).to.include('npm run bench -- --report docs/performance')
    })

    it('has the results as they are', async () => {
      expect(JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'))).to.deep.equal(results)
    })

    it('has the images that it shows, which are XML and name what is compared', async () => {
      const shown = [...text.matchAll(/!\[.*\]\((.*\.svg)\)/g)].map(([, file]) => file)
      expect(shown).to.have.members(['calls.svg', 'growth.svg'])
      expect((await readdir(folder)).filter((name) => name.endsWith('.svg'))).to.have.members(shown)
      const image = await readFile(join(folder, 'calls.svg'), 'utf8')
      expect(wordsIn(image)).to.include.members([
        'Lightbus',
        'Moleculer',
        'BullMQ',
        'plain ioredis',
        '20,000',
      ])
    })

    it('draws what grows in several ways as so many lines, each with its name', async () => {
      const image = await readFile(join(folder, 'growth.svg'), 'utf8')
      expect(wordsIn(image)).to.include.members(['Pending events', 'all in turns', 'one of them'])
      expect(image.match(/aria-roledescription="line mark"/g)).to.have.lengthOf(3)
    })
  })
})

const results: Results = {
  machine: {
    cpu: 'A processor',
    cores: 4,
    memoryGb: 16,
    node: 'v20.20.2',
    redis: 'Redis 7.0.15',
    os: 'Linux 6.1',
    date: '2026-01-31T12:00:00.000Z',
  },
  packages: { bullmq: '6.7.0' },
  measurements: [
    calls('Lightbus (safety)', 19_000, 20_000, 21_000),
    calls('Lightbus, in memory (safety)', 90_000),
    calls('Moleculer (speed)', 9_000, 10_000, 11_000),
    calls('BullMQ (speed)', 2_000),
    calls('plain ioredis (speed)', 25_000),
    pending(0, 1_000),
    pending(1_000_000, 800),
    apis(1, 'all in turns', 900),
    apis(200, 'all in turns', 300),
    apis(1, 'one of them', 900),
    apis(200, 'one of them', 600),
  ],
}

function calls(subject: string, ...rounds: readonly number[]): Measurement {
  return { case: 'rpc', subject, at: setting, figure: 'calls', unit: 'per second', rounds }
}

function latency(subject: string, ms: number): Measurement {
  return { case: 'rpc-latency', subject, at: {}, figure: 'p99', unit: 'ms', rounds: [ms] }
}

function pending(entries: number, ...rounds: readonly number[]): Measurement {
  const at = { pending: entries }
  return { case: 'growth-pending', subject: 'Lightbus', at, figure: 'handled', unit: 'per second', rounds }
}

function apis(count: number, way: string, ...rounds: readonly number[]): Measurement {
  const at = { apis: count, way }
  return { case: 'growth-apis', subject: 'Lightbus', at, figure: 'calls', unit: 'per second', rounds }
}

function rowsOf(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** What is written in an image. Throws where a tag is not closed in its turn, or something is no tag. */
function wordsIn(xml: string): readonly string[] {
  const [open, words]: [string[], string[]] = [[], []]
  const pieces = xml.trim().match(/<[^<>]*>|[^<>]+/g) ?? []
  expect(pieces.join('')).to.equal(xml.trim())
  for (const piece of pieces) {
    const [, closing, name = '', attributes = '', alone] =
      /^<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>$/.exec(piece) ?? []
    if (name === '') {
      expect(piece).not.to.match(/[<>]|&(?!\w+;|#\d+;)/)
      if (piece.trim()) words.push(piece)
    } else if (closing) expect(open.pop()).to.equal(name)
    else if (!alone) open.push(name)
    expect(attributes).not.to.match(/&(?!\w+;|#\d+;)/)
  }
  expect(open).to.deep.equal([])
  return words
}
