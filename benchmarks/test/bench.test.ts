import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { cases } from '../src/cases.ts'
import type { Results } from '../src/measurement.ts'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const chosen = [
  'Lightbus (safety)',
  'Lightbus (speed)',
  'Lightbus, in memory (safety)',
  'plain ioredis (speed)',
]

describe('the benchmark', function () {
  this.timeout(60_000)

  it('measures the cases and subjects that it is told, and writes down what it was measured on', async () => {
    await using folder = await temporaryFolder()
    const json = join(folder.path, 'results.json')
    const args = [
      '--quick',
      '--only',
      'rpc-latency,event-latency',
      '--subjects',
      'Lightbus,plain',
      '--json',
      json,
    ]
    const { code, stdout, stderr } = await ended(bench(args))
    expect(code, stderr).to.equal(0)
    expect(stderr).to.not.contain('FAILED')

    const { machine, packages, measurements } = JSON.parse(await readFile(json, 'utf8')) as Results
    expect(machine.cores).to.be.greaterThan(0)
    expect(machine.redis).to.match(/^(Redis|Valkey) \d/)
    expect(Date.parse(machine.date)).to.be.closeTo(Date.now(), 60_000)
    expect(packages['bullmq']).to.match(/^\d/)
    for (const name of ['rpc-latency', 'event-latency'])
      for (const figure of ['p50', 'p99']) {
        const found = measurements.filter((one) => one.case === name && one.figure === figure)
        expect(found.map(({ subject }) => subject)).to.have.members(chosen)
        for (const { unit, rounds } of found) {
          expect(unit).to.equal('ms')
          expect(rounds).to.have.lengthOf(1)
          expect(rounds[0]).to.be.within(0.001, 1_000)
        }
      }
    expect(measurements).to.have.lengthOf(4 * chosen.length)
    for (const subject of chosen) expect(stdout).to.contain(subject)
  })

  it('refuses a case that there is not, and says which there are', async () => {
    const { code, stderr } = await ended(bench(['--only', 'rpc,nonsense']))
    expect(code).to.equal(1)
    expect(stderr).to.contain('There is no case "nonsense"')
    for (const { name } of cases) expect(stderr).to.contain(name)
  })

  it('ends all that it has started when it is interrupted', async () => {
    const running = bench(['--only', 'rpc', '--subjects', 'plain'])
    let children: readonly number[] = []
    while (children.length < 2) {
      expect(running.exitCode).to.equal(null)
      children = childrenOf(running.pid)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    running.kill('SIGINT')
    const { code } = await ended(running)
    expect(code).to.equal(1)
    while (children.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20))
  })
})

function bench(args: readonly string[]) {
  const redis = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1')
  redis.pathname = '/11'
  return spawn(process.execPath, [program, ...args], { env: { ...process.env, REDIS_URL: redis.href } })
}

async function ended(child: ReturnType<typeof bench>) {
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

function childrenOf(pid: number | undefined): readonly number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' })
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'lightbus-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
