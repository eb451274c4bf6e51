import { transportRefused, transportUnavailable, type BusError } from '@lightbus/core/transport'
import type { BrokerTime } from './broker-time.ts'

/** Which way nothing gets through any more, while the connection seems to stand. */
export type Direction = 'to-broker' | 'from-broker'

/** What the broker answers instead of doing as it is asked. The last two do not pass by themselves. */
export type Failure =
  'loading' | 'reset' | 'refused' | 'out-of-memory' | 'read-only' | 'wrong-type' | 'credentials'

/** Why a transport cannot be opened. A `host` that is not there may come; the others do not pass by themselves. */
export type OpeningFailure = 'credentials' | 'host' | 'permission'

/** A process' connection, as chaos sees it. */
export interface ChaosLink {
  readonly processName: string
  /** Loses the connection, which then comes back by itself. */
  cut(): void
  /** Something has begun or ended that concerns all connections. */
  update(): void
  freeze(): void
  thaw(): void
  crash(): void
}

/** The broker, as chaos sees it. */
export interface ChaosBroker extends BrokerTime {
  readonly links: Iterable<ChaosLink>
  wipe(): void
  checkpoint(): () => void
}

type Fault =
  | { readonly type: 'refuse' }
  | { readonly type: 'silence'; readonly direction: Direction }
  | { readonly type: 'fail'; readonly kind: Failure }
  | { readonly type: 'lack'; readonly capability: string }
  | { readonly type: 'refuse-opening'; readonly kind: OpeningFailure }

const reasons: Readonly<Record<Failure | OpeningFailure, string>> = {
  loading: 'it is still loading its data',
  reset: 'the connection was reset',
  refused: 'the connection was refused',
  'out-of-memory': 'it is out of memory',
  'read-only': 'it takes no writes',
  'wrong-type': 'something of another type is kept there',
  credentials: 'the credentials are wrong',
  host: 'the host is not there',
  permission: 'this user may not do what is needed',
}
const terminal: ReadonlySet<Failure | OpeningFailure> = new Set(['wrong-type', 'credentials', 'permission'])
const restartMs = 20

/** Makes a broker fail as real ones do, for tests. What returns a function goes on until that is called. */
export class Chaos {
  readonly #broker: ChaosBroker
  readonly #faults = new Set<Fault>()
  #repliesToDrop = 0

  constructor(broker: ChaosBroker) {
    this.#broker = broker
  }

  /** All connections are lost for a moment. */
  cut(): void {
    for (const link of this.#broker.links) link.cut()
  }

  /** All connections are lost, and none can be made. */
  refuse(): () => void {
    return this.#begin({ type: 'refuse' })
  }

  /** Nothing gets through in one direction, and nobody is told. */
  silence(direction: Direction): () => void {
    return this.#begin({ type: 'silence', direction })
  }

  /** The next request is carried out, and its reply lost. */
  dropNextReply(): void {
    this.#repliesToDrop++
  }

  /** Every request fails. */
  fail(kind: Failure): () => void {
    return this.#begin({ type: 'fail', kind })
  }

  /** The broker cannot do something, which a transport finds out when it is opened. */
  lack(capability: string): () => void {
    return this.#begin({ type: 'lack', capability })
  }

  /** No transport can be opened; those that are open stay so. */
  refuseOpening(kind: OpeningFailure): () => void {
    return this.#begin({ type: 'refuse-opening', kind })
  }

  /** Processes of this name stand still: they ask for nothing and hear nothing, until they are thawed. */
  freeze(processName: string): void {
    for (const link of this.#linksOf(processName)) link.freeze()
  }

  thaw(processName: string): void {
    for (const link of this.#linksOf(processName)) link.thaw()
  }

  /** Processes of this name die without a word. What they held they still hold, as far as the broker knows. */
  crash(processName: string): void {
    for (const link of this.#linksOf(processName)) link.crash()
  }

  /** The broker is away for a moment, and keeps what it has. */
  restart(): void {
    const { timers, clock } = this.#broker
    timers.after(clock, restartMs, this.refuse())
  }

  /** The broker loses all it has. */
  wipe(): void {
    this.#broker.wipe()
  }

  /** The returned function puts events and schemas back to how they are now, as a failover to a stale replica does. */
  checkpoint(): () => void {
    const rollBack = this.#broker.checkpoint()
    return () => {
      rollBack()
      this.cut()
    }
  }

  /** Whether a connection can be made. */
  get isReachable(): boolean {
    return !this.isRefusing && !this.isSilent()
  }

  get isRefusing(): boolean {
    return this.#some((fault) => fault.type === 'refuse')
  }

  isSilent(direction?: Direction): boolean {
    return this.#some(
      (fault) => fault.type === 'silence' && (direction === undefined || fault.direction === direction),
    )
  }

  /** Why no request can be carried out; undefined when it can. */
  refusal(address: string): BusError | undefined {
    for (const fault of this.#faults) if (fault.type === 'fail') return failed(address, fault.kind)
    return undefined
  }

  /** Why no transport can be opened; undefined when it can. */
  openingRefusal(address: string): BusError | undefined {
    for (const fault of this.#faults) {
      if (fault.type === 'refuse') return failed(address, 'refused')
      if (fault.type === 'refuse-opening') return failed(address, fault.kind)
      if (fault.type !== 'lack') continue
      const why = `it lacks what is needed: ${fault.capability}`
      return transportRefused({ transport: 'memory', address, why })
    }
    return this.refusal(address)
  }

  /** Whether the reply to the request at hand is lost; to be asked once for each. */
  takeReplyDrop(): boolean {
    if (this.#repliesToDrop === 0) return false
    this.#repliesToDrop--
    return true
  }

  #begin(fault: Fault): () => void {
    this.#faults.add(fault)
    this.#tellLinks()
    return () => {
      if (this.#faults.delete(fault)) this.#tellLinks()
    }
  }

  #tellLinks(): void {
    for (const link of this.#broker.links) link.update()
  }

  #linksOf(processName: string): readonly ChaosLink[] {
    return [...this.#broker.links].filter((link) => link.processName === processName)
  }

  #some(fits: (fault: Fault) => boolean): boolean {
    for (const fault of this.#faults) if (fits(fault)) return true
    return false
  }
}

function failed(address: string, kind: Failure | OpeningFailure): BusError {
  const facts = { transport: 'memory', address, why: reasons[kind] }
  return terminal.has(kind) ? transportRefused(facts) : transportUnavailable(facts)
}
