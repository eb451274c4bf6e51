import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guaranteeIds, guarantees } from '@lightbus/transport-testkit'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../../', import.meta.url))
const kit = 'packages/transport-testkit/src/lightbus-conformance.ts'
const idle = 'packages/transport-testkit/test/fixtures/idle-transport.ts'

interface Ending {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Report {
  readonly passed: number
  readonly failed: number
  readonly rows: readonly { readonly id: string; readonly outcome: string }[]
}

describe('the conformance command', function () {
  this.timeout(60_000)
  let folder: string

  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lightbus-conformance-'))))
  after(() => rm(folder, { recursive: true, force: true }))

  for (const { name, file } of [
    { name: 'memory', file: 'memory' },
    { name: 'custom', file: 'files' },
  ]) {
    it(`shows of the ${name} transport what its committed report says`, async () => {
      const { code, stdout, stderr } = await run(
        'scripts/conformance.mjs',
        '--transport',
        name,
        '--report',
        folder,
      )
      expect(code, stderr + stdout).to.equal(0)
      expect(stdout).to.match(/\d+ declared, \d+ passed, \d+ declared absent, 0 failed\n$/)
      const report = await readFile(join(folder, `${file}.md`), 'utf8')
      expect(report).to.equal(await readFile(join(root, `docs/conformance/${file}.md`), 'utf8'))
    })
  }

  for (const { file, shownOn, absent } of [
    { file: 'redis', shownOn: /^Shown on (Redis|Valkey) \d+\.\d+/m, absent: [] },
    { file: 'redis-5', shownOn: /^Shown on Redis 5\.0\./m, absent: [] },
    { file: 'redis-newest', shownOn: /^Shown on (Redis|Valkey) ([89]|\d\d)\./m, absent: [] },
    { file: 'redis-cluster', shownOn: /^Shown on .*, as a Cluster of three masters/m, absent: ['L16'] },
    { file: 'redis-sentinel', shownOn: /^Shown on .*, as a primary .* three sentinels/m, absent: ['L16'] },
  ])
    it(`has a committed report ${file}.md that is about today's guarantees, of which none has failed`, async () => {
      const report = await readFile(join(root, `docs/conformance/${file}.md`), 'utf8')
      const rows = (section: string): string[] => {
        const text = report.split(/^## /m).find((part) => part.startsWith(section)) ?? ''
        return [...text.matchAll(/^- (\*\*[LERSC]\d+\*\* .*)$/gm)].map(([, row = '']) => row)
      }
      expect(report).to.match(shownOn)
      expect(rows('Failed')).to.deep.equal([])
      expect(rows('Not run')).to.deep.equal([])
      const wanted = guaranteeIds.map((id) => `**${id}** ${guarantees[id].property}`)
      const isAbsent = (row: string): boolean => absent.some((id) => row.startsWith(`**${id}**`))
      expect(rows('Declared absent')).to.deep.equal(wanted.filter(isAbsent))
      expect(rows('Passed')).to.deep.equal(wanted.filter((row) => !isAbsent(row)))
    })

  it('gives the memory transport the profiles that its README claims', async () => {
    const [report, readme] = await Promise.all(
      ['docs/conformance/memory.md', 'packages/transport-memory/README.md'].map((path) =>
        readFile(join(root, path), 'utf8'),
      ),
    )
    const profiles = [...(report ?? '').matchAll(/^- \*\*([A-Z][a-z]+)\*\*: /gm)].map(([, name]) => name)
    expect(readme).to.include(`it may claim the profiles ${profiles.join(' and ')}.`)
  })

  it('fails when a case fails, and says which in both reports', async () => {
    const { code, stdout } = await runKit(idle, '--only', 'E1', '--report', folder)
    expect(code).to.equal(1)
    expect(stdout).to.include('## Failed\n\n- **E1** an event arrives as it was sent\n  ')
    expect(stdout).to.include('137 declared, 0 passed, 0 declared absent, 1 failed')
    const report = JSON.parse(await readFile(join(folder, 'idle.json'), 'utf8')) as Report
    expect(report).to.include({ passed: 0, failed: 1 })
    expect(report.rows.find(({ id }) => id === 'E1')?.outcome).to.equal('failed')
    expect(report.rows.find(({ id }) => id === 'E2')?.outcome).to.equal('not run')
  })

  it('runs as much as the tier says', async () => {
    const memory = 'packages/transport-memory/test/harness.ts'
    const { code, stdout } = await runKit(memory, '--tier', 'smoke', '--seed', '7', '--jobs', '4')
    expect(code).to.equal(0)
    expect(stdout)
      .to.include('- **E1** ')
      .and.to.match(/## Not run\n[^#]*- \*\*E60\*\* /)
  })

  for (const { args, says } of [
    { args: [], says: 'Usage: lightbus-conformance' },
    { args: [idle, '--tier', 'all'], says: '--tier cannot be "all". Use: smoke, full, faults, soak.' },
    { args: [idle, '--only', 'E999'], says: '--only cannot be "E999".' },
    { args: [idle, '--jobs', 'many'], says: '--jobs is a number above 0.' },
    { args: [idle, '--quick'], says: "Unknown option '--quick'" },
    {
      args: [kit.replace('lightbus-conformance', 'index')],
      says: 'does not export "transportModule" and "harness"',
    },
  ]) {
    it(`refuses ${args.slice(1).join(' ') || (args[0] ?? 'to run without a harness')}`, async () => {
      const { code, stderr } = await runKit(...args)
      expect(code).to.equal(2)
      expect(stderr).to.include(says)
    })
  }

  it('knows the transports here', async () => {
    const { code, stderr } = await run('scripts/conformance.mjs', '--transport', 'kafka')
    expect(code).to.equal(2)
    expect(stderr).to.include('--transport memory | redis | custom')
  })

  it('knows the servers of Redis', async () => {
    const { code, stderr } = await run('scripts/conformance.mjs', '--transport', 'redis', '--server', '4')
    expect(code).to.equal(2)
    expect(stderr).to.include('valkey | newest | cluster | sentinel')
  })
})

function runKit(...args: readonly string[]): Promise<Ending> {
  return run('--import=tsx', '--conditions=@lightbus/source', kit, ...args)
}

function run(...args: readonly string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: root, timeout: 55_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
  })
}
