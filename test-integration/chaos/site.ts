import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit, type Audit } from './auditor.ts'
import type { Broker } from './broker.ts'
import { Crew } from './crew.ts'
import { scheduleOf, type Fault, type SiteName } from './faults.ts'
import { describeFault, inflict } from './inflict.ts'
import { SentinelSet } from './sentinel-set.ts'
import { SingleServer } from './single-server.ts'
import type { Aftermath } from './verdict.ts'

const workers = 4
const producers = 2
const callers = 2
const drainWithinMs = 60_000

export interface SiteRequest {
  readonly name: SiteName
  /** For how long things go wrong. */
  readonly minutes: number
  readonly seed: number
  /** Which server, by the name that `scripts/redis-servers.mjs` knows it by. */
  readonly server: string
  readonly folder: string
  readonly say: (line: string) => void
}

/** How it ended: what the broker says, and what was seen besides the ledgers. */
export type SiteEnd = Audit & Aftermath

/** Lets everything go wrong at one Redis, then lets what is left be handled. */
export async function runSite(request: SiteRequest): Promise<SiteEnd> {
  const { name, server } = request
  const broker = await (name === 'server' ? SingleServer.start(server) : SentinelSet.start(server))
  try {
    return await new Site(request, broker).toEnd()
  } finally {
    await broker.close()
  }
}

class Site {
  readonly #request: SiteRequest
  readonly #broker: Broker
  readonly #crew: Crew
  readonly #faults: Fault[] = []

  constructor(request: SiteRequest, broker: Broker) {
    this.#request = request
    this.#broker = broker
    this.#crew = new Crew({
      whereabouts: broker.whereabouts,
      ledgerFolder: join(request.folder, 'ledger'),
      logFolder: join(request.folder, 'log'),
      seed: request.seed,
      say: request.say,
    })
  }

  async toEnd(): Promise<SiteEnd> {
    const crew = this.#crew
    try {
      await this.#launch()
      await this.#rage()
      await crew.ready()
      await this.#calmDown()
      const end = await audit(this.#broker.whereabouts)
      return { ...end, strays: crew.strays, stuck: crew.stuck, faults: this.#faults }
    } finally {
      await crew.killAll()
    }
  }

  async #launch(): Promise<void> {
    const crew = this.#crew
    for (let number = 0; number < workers; number += 1) crew.launch(this.#place('worker', number), 'worker')
    await crew.ready()
    for (let number = 0; number < producers; number += 1)
      crew.launch(this.#place('producer', number), 'producer')
    for (let number = 0; number < callers; number += 1) crew.launch(this.#place('caller', number), 'caller')
    await crew.ready()
    const people = `${workers} workers, ${producers} producers and ${callers} callers`
    this.#request.say(`${people} are at work on ${this.#broker.how}`)
  }

  async #rage(): Promise<void> {
    const { name: site, minutes, seed } = this.#request
    const durationMs = minutes * 60_000
    const beganAt = performance.now()
    const until = (atMs: number): Promise<void> => sleep(Math.max(0, beganAt + atMs - performance.now()))
    const under: Promise<void>[] = []
    let upheaval = Promise.resolve()
    for (const { atMs, fault } of scheduleOf({ site, seed, durationMs, workers })) {
      await until(atMs)
      const isUpheaval = fault.type === 'fail-over' || fault.type.endsWith('-server')
      // What happens to the servers happens one after the other.
      const done = isUpheaval ? upheaval.then(() => this.#inflict(fault)) : this.#inflict(fault)
      if (isUpheaval) upheaval = done
      // Told at the end.
      done.catch(() => undefined)
      under.push(done)
    }
    await until(durationMs)
    await Promise.all(under)
  }

  #inflict(fault: Fault): Promise<void> {
    const placeOf = (worker: number): string => this.#place('worker', worker)
    // On a busy machine processes take long to start; if none ever got ready, nothing could go wrong.
    if ('worker' in fault && !this.#crew.isReady(placeOf(fault.worker))) return Promise.resolve()
    this.#request.say(describeFault(fault))
    this.#faults.push(fault)
    return inflict({ broker: this.#broker, crew: this.#crew, placeOf }, fault)
  }

  /** Nothing new is fired or called; what is under way is finished, or the time for it is over. */
  async #calmDown(): Promise<void> {
    const crew = this.#crew
    this.#request.say('no more faults; draining')
    await Promise.all([crew.stopAll('producer'), crew.stopAll('caller')])
    const giveUpAt = performance.now() + drainWithinMs
    while ((await audit(this.#broker.whereabouts)).left > 0 && performance.now() < giveUpAt) await sleep(250)
    await crew.stopAll('worker')
  }

  // The processes of another site have other names, which their events and calls begin with.
  #place(role: string, number: number): string {
    return `${this.#request.name}-${role}-${number}`
  }
}
