import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { scheduleOf, siteNames, type Fault } from '../chaos/faults.ts'
import { LedgerReader, LedgerWriter, type Entry } from '../chaos/ledger.ts'
import { Reconciliation } from '../chaos/reconcile.ts'
import { requestOf } from '../chaos/request.ts'
import { faultsFound, table, type Aftermath } from '../chaos/verdict.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const calm: Aftermath = { left: 0, strays: [], stuck: [], faults: [] }

const accepted = (event: string): Entry => ({ act: 'accepted', event, tookMs: 1 })
const handled = (event: string, group: string): Entry => ({ act: 'handled', event, group, attempt: 1 })
const answered = (call: string): readonly Entry[] => [
  { act: 'calling', call },
  { act: 'executing', call },
  { act: 'answered', call, tookMs: 1 },
]
const good: readonly Entry[] = [
  accepted('e1'),
  handled('e1', 'billing'),
  handled('e1', 'mailing'),
  ...answered('c1'),
]

function reconciled(...entries: readonly Entry[]) {
  const reconciliation = new Reconciliation(['billing', 'mailing'])
  for (const entry of entries) reconciliation.add(entry)
  return reconciliation.sums()
}

const found = (...entries: readonly Entry[]) => faultsFound(reconciled(...good, ...entries), calm)

describe('the ledger of a chaos run', () => {
  it('finds nothing where all was handled and answered', () => {
    expect(found()).to.deep.equal([])
    expect(reconciled(...good)).to.deep.include({ fired: 1, due: 2, handled: 2, duplicated: 0, lost: [] })
  })

  it('finds an event that one of the groups has never handled', () => {
    expect(found(accepted('e2'), handled('e2', 'mailing'))).to.deep.equal([
      '1 events were lost: e2 for billing',
    ])
  })

  it('does not take the beginning of a handling, or its failure, for the whole', () => {
    const begun = (act: 'handling' | 'failed'): Entry => ({ act, event: 'e2', group: 'billing', attempt: 1 })
    const problems = found(accepted('e2'), handled('e2', 'mailing'), begun('handling'), begun('failed'))
    expect(problems).to.deep.equal(['1 events were lost: e2 for billing'])
  })

  it('counts a dead letter as kept, and only for the group that has it', () => {
    const dead: Entry = { act: 'dead', event: 'e2', group: 'billing' }
    expect(reconciled(accepted('e2'), dead)).to.deep.include({ deadLettered: 1, lost: ['e2 for mailing'] })
  })

  it('counts an event once, however often it was handled', () => {
    const sums = reconciled(...good, handled('e1', 'billing'), handled('e1', 'billing'))
    expect(sums).to.deep.include({ handled: 2, duplicated: 1 })
  })

  it('does not miss an event that may not have been fired', () => {
    const unsure: Entry = { act: 'unsure', event: 'e2', code: 'BUS_TRANSPORT_UNAVAILABLE', tookMs: 3_000 }
    const sums = reconciled({ act: 'firing', event: 'e2' }, unsure)
    expect(sums).to.deep.include({ fired: 0, neverAccepted: 1, lost: [], longestFireMs: 3_000 })
  })

  it('misses an event of which one fire was uncertain and a later one was not', () => {
    const unsure: Entry = { act: 'unsure', event: 'e2', code: 'BUS_TRANSPORT_UNAVAILABLE', tookMs: 1 }
    expect(found(unsure, accepted('e2'))).to.deep.equal([
      '2 events were lost: e2 for billing, e2 for mailing',
    ])
  })

  it('finds a call that was executed twice', () => {
    expect(found({ act: 'executing', call: 'c1' })).to.deep.equal(['1 calls were executed twice: c1'])
  })

  it('finds a call with neither an answer nor an error of the bus', () => {
    const untyped: Entry = { act: 'refused', call: 'c3', code: undefined, why: 'TypeError', tookMs: 1 }
    expect(found({ act: 'calling', call: 'c2' }, { act: 'calling', call: 'c3' }, untyped)).to.deep.equal([
      '2 calls got neither an answer nor an error of the bus: c2, c3',
    ])
  })

  it('takes an error of the bus for an end, and tells when the error is wrong', () => {
    const entries: readonly Entry[] = [
      { act: 'calling', call: 'c2' },
      { act: 'executing', call: 'c2' },
      { act: 'refused', call: 'c2', code: 'BUS_RPC_UNKNOWN_PROCEDURE', why: 'no such thing', tookMs: 1 },
    ]
    expect(found(...entries)).to.deep.equal([])
    expect(reconciled(...entries)).to.deep.include({
      refused: { BUS_RPC_UNKNOWN_PROCEDURE: 1 },
      executedThoughDenied: ['c2'],
    })
  })

  it('finds what was left, who ended unasked or not at all, and a run in which nothing happened', () => {
    const problems = faultsFound(reconciled(), {
      left: 3,
      strays: ['worker-1 (SIGABRT)'],
      stuck: ['worker-2'],
      faults: [],
    })
    expect(problems).to.deep.equal([
      '1 processes ended without being told to: worker-1 (SIGABRT)',
      '1 processes did not end in time when told to: worker-2',
      '3 deliveries were not settled in the end',
      'nothing was fired, or nothing was answered',
    ])
  })

  it('is read while it grows, line by line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lightbus-ledger-'))
    try {
      const reader = new LedgerReader(folder)
      const writer = new LedgerWriter(folder, 'worker-1')
      writer.write(accepted('e1'))
      expect(reader.readNew()).to.have.lengthOf(1)
      expect(reader.readNew()).to.have.lengthOf(0)
      writer.write(handled('e1', 'billing'))
      expect(reader.readNew()[0]).to.deep.include(handled('e1', 'billing'))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is shown with every number', () => {
    const faults: readonly Fault[] = [{ type: 'fail-over' }, { type: 'kill', worker: 1, sameName: true }]
    const rows = ['primary killed, and replaced by a replica', 'workers killed', 'events fired', 'calls sent']
    for (const row of rows) expect(table(reconciled(...good), { faults })).to.match(new RegExp(`${row} +1\n`))
  })
})

describe('the faults of a chaos run', () => {
  const request = { site: 'server', seed: 4, durationMs: 60_000, workers: 4 } as const
  const onWorkers = ['kill', 'restart', 'freeze', 'cut']

  it('are the same for the same seed, and others for another seed or site', () => {
    expect(scheduleOf(request)).to.deep.equal(scheduleOf(request))
    for (const other of [{ seed: 5 }, { site: 'sentinel' as const }])
      expect(scheduleOf(request)).not.to.deep.equal(scheduleOf({ ...request, ...other }))
  })

  it('are of every type within a minute, in the order of their times', () => {
    const servers = {
      server: ['kill-server', 'shut-down-server', 'stall-server'],
      sentinel: ['fail-over', 'stall-server'],
    }
    for (const site of siteNames) {
      const schedule = scheduleOf({ ...request, site })
      const types = new Set(schedule.map(({ fault }) => fault.type))
      expect([...types]).to.have.members([...onWorkers, ...servers[site]])
      const times = schedule.map(({ atMs }) => atMs)
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
      expect(times.at(-1)).to.be.within(50_000, 60_000)
    }
  })
})

describe('the command for a chaos run', () => {
  const requested = (...options: readonly string[]) => requestOf(options, () => undefined)

  it('has a default for every option, and takes each of them', () => {
    expect(requested()).to.deep.include({
      minutes: 1,
      seed: 1,
      server: 'distribution',
      sites: ['server', 'sentinel'],
      keep: false,
    })
    expect(
      requested('--minutes', '0.2', '--seed', '3', '--server', '6.2', '--site', 'sentinel', '--keep'),
    ).to.deep.include({ minutes: 0.2, seed: 3, server: '6.2', sites: ['sentinel'], keep: true })
  })

  it('refuses what makes no sense', () => {
    const senseless = [
      '--minutes 0',
      '--minutes long',
      '--seed 1.5',
      '--site moon',
      '--server kafka',
      '--minute 1',
    ]
    for (const options of senseless) expect(requested(...options.split(' ')), options).to.equal(undefined)
  })

  it('says what it wants to know', async () => {
    const { code, output } = await chaos('--server', 'kafka')
    expect(code).to.equal(2)
    expect(output).to.contain('[--site server|sentinel] [--server 5|distribution|6.2')
  })
})

describe('a chaos run', () => {
  it('loses nothing, executes nothing twice, and leaves no call without an end', async function () {
    this.timeout(180_000)
    const { code, output } = await chaos('--minutes', '1', '--seed', '7', '--keep')
    expect(code, output).to.equal(0)
    for (const row of ['lost', 'executed twice', 'neither answered nor failed with a code'])
      expect(output).to.match(new RegExp(`  ${row} +0\n`))
    for (const row of [
      'workers killed',
      'connections cut',
      'server killed, and back from disk',
      'primary killed, and replaced by a replica',
    ])
      expect(output).to.match(new RegExp(`${row} +[1-9]`))
    const folder = /are kept in (.+)/.exec(output)?.[1] ?? ''
    try {
      const ledgers = await readdir(join(folder, 'ledger'))
      for (const site of siteNames)
        expect(ledgers.filter((name) => name.startsWith(`${site}-worker`))).to.have.length.above(4)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

async function chaos(...options: readonly string[]) {
  const child = spawn(process.execPath, ['scripts/chaos.mjs', ...options], { cwd: root })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
