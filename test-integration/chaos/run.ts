import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groups } from './chaos-bus.ts'
import type { SiteName } from './faults.ts'
import { LedgerReader } from './ledger.ts'
import { runSite } from './site.ts'
import { Reconciliation } from './reconcile.ts'
import { faultsFound, table, type Aftermath } from './verdict.ts'

export interface RunRequest {
  /** For how long things go wrong. */
  readonly minutes: number
  readonly seed: number
  /** Which server, by the name that `scripts/redis-servers.mjs` knows it by. */
  readonly server: string
  /** Side by side. */
  readonly sites: readonly SiteName[]
  /** Whether ledgers and logs stay also when nothing was wrong. */
  readonly keep: boolean
  readonly say: (line: string) => void
}

const progressMs = 3_000

/** One run from start to end. Resolves with what must not have happened and did; where that is nothing, no file is left behind. */
export async function run(request: RunRequest): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightbus-chaos-'))
  let found: readonly string[] | undefined
  try {
    found = await new Run(request, folder).toEnd()
    return found
  } finally {
    if (found?.length === 0 && !request.keep) rmSync(folder, { recursive: true, force: true })
    else request.say(`Ledgers and logs are kept in ${folder}`)
  }
}

class Run {
  readonly #request: RunRequest
  readonly #folder: string
  readonly #ledgers: LedgerReader
  readonly #reconciliation = new Reconciliation(groups)
  readonly #startedAt = performance.now()

  constructor(request: RunRequest, folder: string) {
    this.#request = request
    this.#folder = folder
    for (const name of ['ledger', 'log']) mkdirSync(join(folder, name))
    this.#ledgers = new LedgerReader(join(folder, 'ledger'))
  }

  async toEnd(): Promise<readonly string[]> {
    const progress = setInterval(() => this.#tell(), progressMs)
    const ended = await Promise.allSettled(this.#request.sites.map((name) => this.#runSite(name)))
    clearInterval(progress)
    const failed = ended.find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
    const aftermaths = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    const sums = this.#readSums()
    const aftermath: Aftermath = {
      left: aftermaths.reduce((sum, { left }) => sum + left, 0),
      strays: aftermaths.flatMap(({ strays }) => strays),
      stuck: aftermaths.flatMap(({ stuck }) => stuck),
      faults: aftermaths.flatMap(({ faults }) => faults),
    }
    this.#request.say(`\n${table(sums, aftermath)}\n`)
    return faultsFound(sums, aftermath)
  }

  async #runSite(name: SiteName): Promise<Aftermath> {
    const { minutes, seed, server } = this.#request
    const { dead, ...aftermath } = await runSite({
      name,
      minutes,
      seed,
      server,
      folder: this.#folder,
      say: (line) => this.#say(`${name.padEnd(8)}  ${line}`),
    })
    for (const entry of dead) this.#reconciliation.add(entry)
    return aftermath
  }

  #readSums() {
    for (const entry of this.#ledgers.readNew()) this.#reconciliation.add(entry)
    return this.#reconciliation.sums()
  }

  #tell(): void {
    const { fired, due, handled, calls, answered, executedTwice, unanswered } = this.#readSums()
    const open = unanswered.length
    this.#say(
      `  fired ${fired}, handled ${handled} of ${due}; calls ${calls}, answered ${answered}, open ${open}, twice ${executedTwice.length}`,
    )
  }

  #say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(6)
    this.#request.say(`${seconds} s  ${line}`)
  }
}
