import { Random } from './random.ts'

/** Something that goes wrong. Workers are named by their place, since the processes in it change. */
export type Fault =
  /** Killed, and replaced at once. */
  | { readonly type: 'kill'; readonly worker: number; readonly sameName: boolean }
  /** Stopped in an orderly way, and replaced. */
  | { readonly type: 'restart'; readonly worker: number }
  /** Paused for longer than its lease, then continued. */
  | { readonly type: 'freeze'; readonly worker: number; readonly forMs: number }
  /** Connections closed by the server: all, those that wait for messages, or the one that `pick` falls on. */
  | { readonly type: 'cut'; readonly which: 'all' | 'waiting' | 'one'; readonly pick: number }
  /** The server is killed, or shut down, and started again with what it has on disk. */
  | { readonly type: 'kill-server' | 'shut-down-server'; readonly downMs: number }
  /** The server answers nothing for a while, although its connections stay. */
  | { readonly type: 'stall-server'; readonly forMs: number }

export interface TimedFault {
  readonly atMs: number
  readonly fault: Fault
}

export interface ScheduleRequest {
  readonly seed: number
  readonly durationMs: number
  /** How many workers there are. */
  readonly workers: number
}

type Kind = Fault['type'] | 'kill-same-name' | 'cut-waiting' | 'cut-one'

const kinds: readonly Kind[] = [
  'kill',
  'kill-same-name',
  'restart',
  'freeze',
  'cut',
  'cut-waiting',
  'cut-one',
  'kill-server',
  'shut-down-server',
  'stall-server',
]
const gapMs = { shortest: 300, longest: 1_800 } as const
// What a process takes to come back, roughly: nothing else is done to it meanwhile.
const comebackMs = 2_500

/** When what goes wrong: the same for the same request, each kind once before any comes again. */
export function scheduleOf({ seed, durationMs, workers }: ScheduleRequest): readonly TimedFault[] {
  const random = new Random(seed)
  const places = new Places(workers, random)
  const schedule: TimedFault[] = []
  let deck: Kind[] = []
  for (let atMs = gapMs.longest; atMs < durationMs; atMs += random.between(gapMs.shortest, gapMs.longest)) {
    if (deck.length === 0) deck = random.shuffled(kinds)
    const index = deck.findIndex((kind) => places.isFree(kind, atMs))
    const [kind] = index < 0 ? [] : deck.splice(index, 1)
    if (kind) schedule.push({ atMs, fault: places.faultOf(kind, atMs) })
  }
  return schedule
}

/** Keeps faults apart that cannot happen at once: two of the same worker, two of the server. */
class Places {
  readonly #random: Random
  readonly #workersFreeAt: number[]
  #serverFreeAt = 0

  constructor(workers: number, random: Random) {
    this.#random = random
    this.#workersFreeAt = Array.from({ length: workers }, () => 0)
  }

  isFree(kind: Kind, atMs: number): boolean {
    if (isOfServer(kind)) return this.#serverFreeAt <= atMs
    return this.#freeWorkers(atMs).length > 0
  }

  faultOf(kind: Kind, atMs: number): Fault {
    return isOfServer(kind) ? this.#serverFault(kind, atMs) : this.#workerFault(kind, atMs)
  }

  #serverFault(kind: Kind, atMs: number): Fault {
    const random = this.#random
    const pick = random.between(0, 999)
    if (kind === 'cut') return { type: 'cut', which: 'all', pick }
    if (kind === 'cut-waiting') return { type: 'cut', which: 'waiting', pick }
    if (kind === 'cut-one') return { type: 'cut', which: 'one', pick }
    const lastsMs = kind === 'stall-server' ? random.between(500, 4_500) : random.between(0, 1_500)
    this.#serverFreeAt = atMs + lastsMs + 500
    if (kind === 'stall-server') return { type: kind, forMs: lastsMs }
    return { type: kind === 'kill-server' ? kind : 'shut-down-server', downMs: lastsMs }
  }

  #workerFault(kind: Kind, atMs: number): Fault {
    const random = this.#random
    const free = this.#freeWorkers(atMs)
    const worker = free[random.between(0, free.length - 1)] ?? 0
    const forMs = kind === 'freeze' ? random.between(2_500, 5_000) : 0
    this.#workersFreeAt[worker] = atMs + forMs + comebackMs
    if (kind === 'freeze') return { type: 'freeze', worker, forMs }
    if (kind === 'restart') return { type: 'restart', worker }
    return { type: 'kill', worker, sameName: kind === 'kill-same-name' }
  }

  // One worker is always left alone.
  #freeWorkers(atMs: number): readonly number[] {
    const free = this.#workersFreeAt.flatMap((freeAt, worker) => (freeAt <= atMs ? [worker] : []))
    return free.length > 1 ? free : []
  }
}

function isOfServer(kind: Kind): boolean {
  return kind.endsWith('-server') || kind.startsWith('cut')
}
