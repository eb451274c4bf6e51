import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { measures, trendsOf, type Point } from '../soak/series.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function trendOf(values: readonly number[]) {
  const points: Point[] = values.map((value, seconds) => ({ seconds, who: 'worker', measure: 'heap', value }))
  const [trend] = trendsOf(points)
  return trend
}

describe('the trends of a soak', () => {
  const rising = Array.from({ length: 30 }, (_, n) => 20 + n)

  it('are flat where nothing grows after the warm-up', () => {
    expect(trendOf([1, 5, 9, ...Array.from({ length: 27 }, (_, n) => 20 + (n % 2))])).to.deep.include({
      isFlat: true,
    })
  })

  it('are not flat where something grows and grows', () => {
    const trend = trendOf(rising)
    expect(trend).to.deep.include({ who: 'worker', measure: 'heap', isFlat: false })
    expect(trend?.late).to.be.greaterThan((trend?.early ?? 0) + 10)
  })

  it('are flat where something shrinks', () => {
    expect(trendOf(rising.toReversed())).to.deep.include({ isFlat: true })
  })
})

describe('a soak', () => {
  it('reports what its processes and Redis hold, with an image', async function () {
    this.timeout(90_000)
    const folder = await mkdtemp(join(tmpdir(), 'lightbus-soak-'))
    try {
      const child = spawn(process.execPath, ['scripts/soak.mjs', '--minutes', '0.1', '--report', folder], {
        cwd: root,
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text))
      await once(child, 'close')
      const text = await readFile(join(folder, 'soak.md'), 'utf8').catch(() => output)
      expect(text)
        .to.match(/- [1-9]\d* answered/)
        .and.to.match(/- [1-9]\d* handled/)
      for (const { title } of Object.values(measures)) expect(text).to.contain(`| ${title} |`)
      expect(text).to.contain('(soak.svg)')
      const image = await readFile(join(folder, 'soak.svg'), 'utf8')
      for (const { title } of Object.values(measures)) expect(image).to.contain(title)
      expect(output).to.match(/stayed flat\./)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
