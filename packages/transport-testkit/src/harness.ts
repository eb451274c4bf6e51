import type { Clock, TransportKind, TransportOptions } from '@lightbus/core/transport'

/** What the author of a transport gives the kit. What it leaves out, the report lists as not shown. */
export interface Harness {
  /** A prefix that nobody else uses: asked for once per case, so that cases never see each other. */
  namespace(): string
  /** Options for a transport of this kind within that namespace, with the wishes that concern it fulfilled. */
  options(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions
  /** A clock for one case: the machine's unless given. On a `VirtualClock` time flows as soon as nothing else is to be done. */
  clock?(): Clock
  /** How long a case may take, in milliseconds of the machine: 10,000 unless given. */
  readonly patienceMs?: number
  /** What the broker holds for a namespace. */
  inspect?(namespace: string): Promise<Inspection>
  /** Writes to the broker behind the transport's back. */
  injectRaw?(namespace: string, place: RawPlace, raw: string): Promise<void>
  /** A client, or whatever connects to the broker, that is made here and passed to the transport. */
  ownClient?(namespace: string): Promise<OwnClient>
  /** For transports whose processes are simulated in this one. */
  simulate?(namespace: string): Simulation
  /**
   * For transports of many processes: a module that exports `transportModule` and `harness`. The kit runs it in child processes,
   * which it kills, stops and continues.
   */
  readonly entry?: URL
  /** What can go wrong with the broker of a namespace, done on purpose. */
  faults?(namespace: string): Faults
  /** For each option, by `kind.option`: shows that it has an effect, by failing when it is ignored. */
  readonly optionProofs?: OptionProofs
  /** Takes away what a case has left in the broker. */
  cleanUp?(namespace: string): Promise<void>
}

/** Settings that some cases need. */
export interface Wishes {
  readonly leaseMs?: number
  /** `Infinity` keeps all. */
  readonly maxLength?: number
  readonly retention?: 'safe' | 'lossy'
  readonly eventTtlMs?: number
  readonly dedupWindowMs?: number
  readonly maxBytes?: number
  readonly resultTtlMs?: number
}

export interface Inspection {
  /** Open connections, or what stands for them. */
  readonly connections: number
  /** What is stored, with the time it has left; undefined when it stays. */
  readonly keys: readonly { readonly name: string; readonly ttlMs: number | undefined }[]
  readonly groups: readonly {
    readonly name: string
    readonly pending: number
    readonly consumers: readonly string[]
  }[]
}

/** Where something is written behind the transport's back. */
export type RawPlace =
  | { readonly kind: 'event'; readonly apiName: string; readonly eventName: string }
  | { readonly kind: 'rpc'; readonly apiName: string }
  | { readonly kind: 'result'; readonly returnPath: string }
  | { readonly kind: 'schema'; readonly apiName: string }

export interface OwnClient {
  readonly options: (kind: TransportKind) => TransportOptions
  isUsable(): Promise<boolean>
  close(): Promise<void>
}

/** Processes by their name, simulated: all transports of a process with that name that are open. */
export interface Simulation {
  /** Is gone without a word, for good. */
  crash(processName: string): void
  /** Does nothing until it is thawed, and does not know. */
  freeze(processName: string): void
  thaw(processName: string): void
}

/** Takes a fault back. */
export type Undo = () => Promise<void>

/** An error as a broker may answer with. */
export type BrokerError =
  'loading' | 'reset' | 'refused' | 'out-of-memory' | 'read-only' | 'wrong-type' | 'credentials'

/** What can go wrong, done on purpose. Each is resolved when it is in effect. */
export interface Faults {
  /** Cuts every connection once. */
  cut?(): Promise<void>
  /** Cuts every connection and refuses new ones. */
  refuse?(): Promise<Undo>
  /** The broker is restarted, with what it had kept. */
  restart?(): Promise<void>
  /** Connections stay, and nothing travels in this direction. */
  silence?(direction: 'to-broker' | 'from-broker'): Promise<Undo>
  /** The next request is carried out, and its reply is lost. */
  dropAfterWrite?(): Promise<void>
  /** Every request is answered with this error. */
  fail?(error: BrokerError): Promise<Undo>
  /** Openings are refused: wrong credentials, no such host, no permission. Returns options to open with, if others are needed. */
  refuseOpening?(why: 'credentials' | 'host' | 'permission'): Promise<Refusal>
  /** The broker lacks something that the transport needs. */
  lack?(): Promise<Undo>
  /** All that the broker holds is deleted. */
  wipe?(): Promise<void>
  /** Remembers the broker's state; the returned function makes a replica of that state the broker. */
  failOver?(): Promise<Undo>
  /** The body of an event is gone, while groups still hold its entry. */
  loseBody?(nativeId: string): Promise<void>
}

export interface Refusal {
  readonly options?: (kind: TransportKind) => TransportOptions
  /** What must not show in addresses, errors and logs. */
  readonly secret?: string
  readonly undo: Undo
}

/** By `kind.option`, such as `event.event_ttl`. */
export type OptionProofs = Readonly<Record<string, () => Promise<void>>>
