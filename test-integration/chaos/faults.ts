import { Random } from './random.ts'

/** Connections closed by the server: all, those that wait for messages, or the one that `pick` falls on. */
export interface Cut {
  readonly which: 'all' | 'waiting' | 'one'
  readonly pick: number
}

/** What happens to a server, one at a time. */
export type Upheaval =
  /** The server is killed, or shut down, and started again with what it has on disk. */
  | { readonly type: 'kill-server' | 'shut-down-server'; readonly downMs: number }
  /** The server answers nothing for a while, although its connections stay. */
  | { readonly type: 'stall-server'; readonly forMs: number }
  /** The primary is killed, a replica takes over, and the old one comes back as a replica. */
  | { readonly type: 'fail-over' }

/** Something that goes wrong. Workers are named by their place, since the processes in it change. */
export type Fault =
  /** Killed, and replaced at once. */
  | { readonly type: 'kill'; readonly worker: number; readonly sameName: boolean }
  /** Stopped in an orderly way, and replaced. */
  | { readonly type: 'restart'; readonly worker: number }
  /** Paused for longer than its lease, then continued. */
  | { readonly type: 'freeze'; readonly worker: number; readonly forMs: number }
  | ({ readonly type: 'cut' } & Cut)
  | Upheaval

export interface TimedFault {
  readonly atMs: number
  readonly fault: Fault
}

/** What Redis is: one server, or several with sentinels. */
export const siteNames = ['server', 'sentinel'] as const
export type SiteName = (typeof siteNames)[number]

export interface ScheduleRequest {
  readonly site: SiteName
  readonly seed: number
  readonly durationMs: number
  /** How many workers there are. */
  readonly workers: number
}

interface Span {
  readonly shortest: number
  readonly longest: number
}

const smallKinds = [
  'kill',
  'kill-same-name',
  'restart',
  'freeze',
  'cut-all',
  'cut-waiting',
  'cut-one',
] as const
const gapMs: Span = { shortest: 300, longest: 2_200 }
// What a process takes to come back, roughly: nothing else is done to it meanwhile.
const comebackMs = 2_500

const upheavals: Readonly<
  Record<SiteName, { kinds: readonly Upheaval['type'][]; restMs: Span; stallMs: Span }>
> = {
  server: {
    kinds: ['kill-server', 'shut-down-server', 'stall-server'],
    restMs: { shortest: 1_000, longest: 4_000 },
    stallMs: { shortest: 500, longest: 4_500 },
  },
  // A primary that is paused is replaced, and told so about ten seconds after it is back.
  sentinel: {
    kinds: ['fail-over', 'stall-server'],
    restMs: { shortest: 11_000, longest: 16_000 },
    stallMs: { shortest: 2_500, longest: 4_500 },
  },
}

/** When what goes wrong: the same for the same request, each kind once before any comes again. */
export function scheduleOf(request: ScheduleRequest): readonly TimedFault[] {
  return [...smallFaults(request), ...upheavalsOf(request)].toSorted((a, b) => a.atMs - b.atMs)
}

function upheavalsOf({ site, seed, durationMs }: ScheduleRequest): readonly TimedFault[] {
  const random = new Random(4 * seed + siteNames.indexOf(site))
  const { kinds, restMs, stallMs } = upheavals[site]
  const schedule: TimedFault[] = []
  const deck = new Deck(kinds, random)
  for (let atMs = 1_500; atMs < durationMs; atMs += within(restMs, random)) {
    const type = deck.draw()
    const lastsMs = type === 'stall-server' ? within(stallMs, random) : random.between(0, 1_500)
    if (type === 'fail-over') schedule.push({ atMs, fault: { type } })
    else if (type === 'stall-server') schedule.push({ atMs, fault: { type, forMs: lastsMs } })
    else schedule.push({ atMs, fault: { type, downMs: lastsMs } })
    atMs += lastsMs
  }
  return schedule
}

function smallFaults({ site, seed, durationMs, workers }: ScheduleRequest): readonly TimedFault[] {
  const random = new Random(4 * seed + 2 + siteNames.indexOf(site))
  const freeAtMs = Array.from({ length: workers }, () => 0)
  const schedule: TimedFault[] = []
  const deck = new Deck(smallKinds, random)
  for (let atMs = gapMs.longest; atMs < durationMs; atMs += within(gapMs, random)) {
    const free = freeAtMs.flatMap((freeAt, worker) => (freeAt <= atMs ? [worker] : []))
    // One worker is always left alone.
    if (free.length < 2) continue
    const kind = deck.draw()
    const pick = random.between(0, 999)
    if (kind === 'cut-all' || kind === 'cut-waiting' || kind === 'cut-one')
      schedule.push({ atMs, fault: { type: 'cut', which: cuts[kind], pick } })
    else {
      const worker = free[pick % free.length] ?? 0
      const forMs = kind === 'freeze' ? random.between(2_500, 5_000) : 0
      freeAtMs[worker] = atMs + forMs + comebackMs
      if (kind === 'freeze') schedule.push({ atMs, fault: { type: kind, worker, forMs } })
      else if (kind === 'restart') schedule.push({ atMs, fault: { type: kind, worker } })
      else schedule.push({ atMs, fault: { type: 'kill', worker, sameName: kind === 'kill-same-name' } })
    }
  }
  return schedule
}

const cuts = { 'cut-all': 'all', 'cut-waiting': 'waiting', 'cut-one': 'one' } as const

/** Deals each kind once, in any order, before any comes again. */
class Deck<Kind> {
  readonly #kinds: readonly Kind[]
  readonly #random: Random
  #left: Kind[] = []

  constructor(kinds: readonly Kind[], random: Random) {
    this.#kinds = kinds
    this.#random = random
  }

  draw(): Kind {
    if (this.#left.length === 0) this.#left = this.#random.shuffled(this.#kinds)
    const [kind] = this.#left.splice(0, 1)
    if (kind === undefined) throw new Error('There is nothing to draw from.')
    return kind
  }
}

function within({ shortest, longest }: Span, random: Random): number {
  return random.between(shortest, longest)
}
