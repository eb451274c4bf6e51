import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from './auditor.ts'
import { groups } from './chaos-bus.ts'
import { Crew } from './crew.ts'
import { scheduleOf } from './faults.ts'
import { describeFault, inflict } from './inflict.ts'
import { LedgerReader } from './ledger.ts'
import { Reconciliation } from './reconcile.ts'
import { RedisServer } from './redis-server.ts'
import { faultsFound, table } from './verdict.ts'

export interface RunRequest {
  readonly minutes: number
  readonly seed: number
  /** The program that is to be Redis. */
  readonly serverBinary: string
  /** Whether ledgers and logs stay also when nothing was wrong. */
  readonly keep: boolean
  readonly say: (line: string) => void
}

const workers = 4
const producers = 2
const callers = 2
const progressMs = 3_000
const drainWithinMs = 60_000

/** One run from start to end. Resolves with what must not have happened and did; where that is nothing, no file is left behind. */
export async function run(request: RunRequest): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightbus-chaos-'))
  const found = await new Run(request, folder).toEnd()
  if (found.length === 0 && !request.keep) rmSync(folder, { recursive: true, force: true })
  else request.say(`Ledgers, logs and the server's files are kept in ${folder}`)
  return found
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
    const { serverBinary, seed } = this.#request
    const server = await RedisServer.start(serverBinary, join(this.#folder, 'server'))
    const crew = new Crew({
      url: server.url,
      ledgerFolder: join(this.#folder, 'ledger'),
      logFolder: join(this.#folder, 'log'),
      seed,
      say: (line) => this.#say(line),
    })
    const progress = setInterval(() => this.#tell(), progressMs)
    try {
      await this.#launch(crew)
      await this.#rage(server, crew)
      await crew.ready()
      await this.#calmDown(server, crew)
      return await this.#reckon(server, crew)
    } finally {
      clearInterval(progress)
      await crew.killAll()
      await server.close()
    }
  }

  async #launch(crew: Crew): Promise<void> {
    for (let worker = 0; worker < workers; worker += 1) crew.launch(placeOf(worker), 'worker')
    await crew.ready()
    for (let number = 0; number < producers; number += 1) crew.launch(`producer-${number}`, 'producer')
    for (let number = 0; number < callers; number += 1) crew.launch(`caller-${number}`, 'caller')
    await crew.ready()
    this.#say(`${workers} workers, ${producers} producers and ${callers} callers are at work`)
  }

  async #rage(server: RedisServer, crew: Crew): Promise<void> {
    const { minutes, seed } = this.#request
    const durationMs = minutes * 60_000
    const beganAt = performance.now()
    const until = (atMs: number): Promise<void> => sleep(Math.max(0, beganAt + atMs - performance.now()))
    const under: Promise<void>[] = []
    for (const { atMs, fault } of scheduleOf({ seed, durationMs, workers })) {
      await until(atMs)
      this.#say(describeFault(fault))
      under.push(inflict({ server, crew, placeOf }, fault))
    }
    await until(durationMs)
    await Promise.all(under)
  }

  /** Nothing new is fired or called; what is under way is finished, or the time for it is over. */
  async #calmDown(server: RedisServer, crew: Crew): Promise<void> {
    this.#say('no more faults; draining')
    await Promise.all([crew.stopAll('producer'), crew.stopAll('caller')])
    const giveUpAt = performance.now() + drainWithinMs
    while ((await audit(server.url)).left > 0 && performance.now() < giveUpAt) await sleep(250)
    await crew.stopAll('worker')
  }

  async #reckon(server: RedisServer, crew: Crew): Promise<readonly string[]> {
    const { dead, left } = await audit(server.url)
    for (const entry of dead) this.#reconciliation.add(entry)
    const sums = this.#readSums()
    this.#request.say(`\n${table(sums)}\n`)
    return faultsFound(sums, { left, strays: crew.strays, stuck: crew.stuck })
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

function placeOf(worker: number): string {
  return `worker-${worker}`
}
